-- What is left of the records in `leaving`, once the rows that come from their documents are gone.

INSERT INTO departed SELECT id, doc FROM leaving;
INSERT INTO touched SELECT id FROM leaving;

DELETE FROM match_keys WHERE record_id IN (SELECT id FROM leaving);
DELETE FROM changes WHERE (path, position) IN (SELECT path, position FROM leaving);
DELETE FROM records WHERE (path, position) IN (SELECT path, position FROM leaving);
