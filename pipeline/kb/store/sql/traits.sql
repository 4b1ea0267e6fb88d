-- The traits of the records of one slice, once stage.sql has published them.

INSERT INTO traits BY NAME
SELECT
    record_id,
    traits.form AS form,
    digest_of(alike(signature)) AS signature_key,
    list_distinct([(digest_of(sentence) % 4294967296)::UINTEGER FOR sentence IN flatten([sentences(text) FOR text IN
        [e.why_fails FOR e IN dead_ends] || [e.action FOR e IN dead_ends] || [e.action FOR e IN workarounds]
        || [e.distinction FOR e IN transition_graph.leads_to] || [e.distinction FOR e IN transition_graph.preceded_by]
        || [e.distinction FOR e IN transition_graph.frequently_confused_with]])])
        AS sentence_keys,
    traits.bands AS bands,
    traits.needs AS needs,
    false AS compared
FROM slice;
