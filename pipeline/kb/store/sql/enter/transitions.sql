-- Likewise, where a record of the slice has any.

INSERT INTO transitions BY NAME
SELECT record_id, kind, position, e.error_id, e.probability, e.condition, e.distinction
FROM (
    SELECT record_id, 'leads_to' AS kind, unnest(transition_graph.leads_to) AS e,
        generate_subscripts(transition_graph.leads_to, 1) - 1 AS position FROM slice
    UNION ALL
    SELECT record_id, 'preceded_by', unnest(transition_graph.preceded_by),
        generate_subscripts(transition_graph.preceded_by, 1) - 1 FROM slice
    UNION ALL
    SELECT record_id, 'frequently_confused_with', unnest(transition_graph.frequently_confused_with),
        generate_subscripts(transition_graph.frequently_confused_with, 1) - 1 FROM slice);
