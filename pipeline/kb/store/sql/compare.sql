-- What came and what went among the findings. `before` is the store as it was, attached.

CREATE OR REPLACE TEMP TABLE moved AS
SELECT fingerprint, sum(n) AS more
FROM (SELECT fingerprint, 1 AS n FROM findings UNION ALL SELECT fingerprint, -1 FROM before.findings)
GROUP BY fingerprint HAVING more <> 0;

CREATE OR REPLACE TEMP TABLE came_and_went AS
SELECT 'new' AS state, f.*, row_number() OVER last AS number
FROM findings f JOIN moved m USING (fingerprint)
WHERE more > 0
WINDOW last AS (PARTITION BY fingerprint ORDER BY path DESC, position DESC, seq DESC)
QUALIFY number <= more
UNION ALL BY NAME
SELECT 'fixed' AS state, f.*, row_number() OVER last AS number
FROM before.findings f JOIN moved m USING (fingerprint)
WHERE more < 0
WINDOW last AS (PARTITION BY fingerprint ORDER BY path DESC, position DESC, seq DESC)
QUALIFY number <= -more;
