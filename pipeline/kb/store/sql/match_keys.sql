-- The match keys of the records of one slice, once enter.sql has published them.

INSERT INTO match_keys BY NAME
SELECT
    record_id,
    match_keys.form AS form,
    match_keys.text AS text,
    digest_of(alike(signature)) AS signature_key,
    [digest_of(alike(further)) FOR further IN signatures] AS further_keys,
    list_distinct([(digest_of(sentence) % 4294967296)::UINTEGER FOR sentence IN flatten([sentences(text) FOR text IN
        [e.why_fails FOR e IN dead_ends] || [e.action FOR e IN dead_ends] || [e.action FOR e IN workarounds]
        || diagnosis || verify
        || [e.distinction FOR e IN transition_graph.leads_to] || [e.distinction FOR e IN transition_graph.preceded_by]
        || [e.distinction FOR e IN transition_graph.frequently_confused_with]])])
        AS sentence_keys,
    match_keys.bands AS bands,
    match_keys.required_literals AS required_literals,
    match_keys.terms AS terms,
    match_keys.codes AS codes,
    false AS compared
FROM slice;
