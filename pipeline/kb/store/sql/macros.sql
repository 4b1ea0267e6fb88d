-- Trust and age. The text behind `--` at the first line of a macro becomes its COMMENT.

CREATE MACRO file_of(path) AS -- The file of an origin's path: for a member of an archive, the archive.
    CASE WHEN contains(path, '!') THEN regexp_replace(path, '(?is)^(.*?\.(?:zip|tar|tar\.gz|tgz|tar\.zst))!.*$', '\1') ELSE path END;

CREATE MACRO alike(text) AS -- A text with case, white space and digits folded.
    trim(regexp_replace(regexp_replace(lower(text), '\s\s+|[^\S ]', ' ', 'g'), '[0-9]+', '0', 'g'));

CREATE MACRO sentences(text) AS -- The sentences of a text of 12 characters and more, with case and white space folded.
    list_filter(
        string_split_regex(trim(lower(regexp_replace(text, '\s\s+|[^\S ]', ' ', 'g'))), '[.!?。！？]+(?: |$)|[。！？]+'),
        lambda sentence: length(sentence) >= 12);

CREATE MACRO digest_of(text) AS -- The first half of the MD5 digest of a text, as a number.
    md5_number_upper(text);

CREATE MACRO spelled_out(text) AS -- A text as JSON, with what nobody can see in it escaped as `show` in words.py does.
    CASE WHEN regexp_matches(text, '[\x00-\x1f\x{7f}-\x{9f}\x{ad}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}]')
        THEN '"' || array_to_string([CASE
            WHEN regexp_matches(c, '[\x00-\x07\x0b\x0e-\x1f\x{7f}-\x{9f}\x{ad}\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}]')
                THEN '\u' || lpad(lower(to_hex(unicode(c))), 4, '0')
            ELSE trim(CAST(to_json(c) AS VARCHAR), '"') || CASE c WHEN '"' THEN '"' ELSE '' END END
            FOR c IN [text[i] FOR i IN range(1, length(text) + 1)]], '') || '"'
        ELSE CAST(to_json(text) AS VARCHAR) END;

CREATE MACRO shortened(message) AS -- Text of a message, shortened in the middle where it is long.
    CASE WHEN length(message) <= 60 THEN message ELSE left(message, 40) || '…' || right(message, 15) END;

CREATE MACRO shown(text) AS -- A text in quotes as messages show it: one line, shortened in the middle of what is long.
    -- by lambdas: what is put into a macro stands in its text as often as that names it, and every copy is planned
    list_transform(
        list_transform(
            [CASE WHEN length(text) > 120 THEN left(text, 60) || right(text, 60) ELSE text END],
            lambda part: spelled_out(part)),
        lambda part: shortened(part))[1];

CREATE MACRO corpus_seq(number) AS -- The `seq` of a finding of a corpus rule: they come after those that a record has by itself.
    1000000 + number;

CREATE MACRO is_of_corpus(seq) AS -- Whether a finding is of a corpus rule, or of one about kb.toml, by its `seq`.
    seq >= corpus_seq(0);

CREATE MACRO some_of(names, total) AS -- The first three names, and how many more there are.
    array_to_string(names[:3], ', ') || CASE WHEN total > 3 THEN ' and ' || (total - 3) || ' more' ELSE '' END;

CREATE MACRO freshness_factor(age, ttl) AS -- What age leaves of a confidence: 1 up to half the time to live, then linear to 0.5 at twice it; 0.5 without a date.
    CASE
        WHEN age IS NULL THEN 0.5
        WHEN age <= ttl / 2 THEN 1.0
        WHEN age >= 2 * ttl THEN 0.5
        ELSE 1.0 - 0.5 * (age - ttl / 2) / (1.5 * ttl)
    END;

CREATE MACRO freshness(age, ttl) AS -- fresh up to half the time to live, aging up to all of it, then stale; unknown without a date.
    CASE
        WHEN age IS NULL THEN 'unknown'
        WHEN age <= ttl / 2 THEN 'fresh'
        WHEN age <= ttl THEN 'aging'
        ELSE 'stale'
    END;

CREATE MACRO mean(x) AS -- The mean to 4 digits, summed exactly, so that it is the same in whatever order rows come.
    round(avg(CAST(x AS DECIMAL(12, 9))), 4);

CREATE MACRO stale_share(state) AS -- The share of rows whose freshness is stale or unknown, to 4 digits.
    round(count(*) FILTER (state IN ('stale', 'unknown')) / nullif(count(*), 0), 4);

CREATE MACRO age_on(as_of, last_confirmed) AS -- Days from the last confirmation to a day; null without one on that day or before: nobody can have confirmed tomorrow.
    CASE WHEN last_confirmed <= CAST(as_of AS DATE) THEN date_diff('day', last_confirmed, CAST(as_of AS DATE)) END;

CREATE MACRO told_of_age(age, last_confirmed) AS -- An age in words, and why there is none.
    CASE
        WHEN last_confirmed IS NULL THEN 'never confirmed'
        WHEN age IS NULL THEN 'confirmed only later, on ' || last_confirmed
        ELSE age || CASE age WHEN 1 THEN ' day' ELSE ' days' END
    END;

CREATE MACRO release_parts(version) AS -- The numbers of a release, so that 9.1 comes before 10.0.
    [TRY_CAST(part AS BIGINT) FOR part IN string_split(regexp_extract(version, '[0-9]+(\.[0-9]+)*'), '.')];

CREATE MACRO votes() AS TABLE -- The outcomes that may count: of one actor, on one day and with one set of versions, the first that stands.
    SELECT * FROM events WHERE kind = 'outcome' AND stands
    QUALIFY row_number() OVER (
        PARTITION BY record_id, item, action, actor, CAST(used AS VARCHAR), CAST(decided_at AS DATE)
        ORDER BY decided_at, event) = 1;

CREATE MACRO prior_weight(tier) AS -- How many outcomes what a record declares is worth, by its tier (`trust.prior_weight`); docs/trust.md says more.
    coalesce((SELECT outcomes FROM prior_weights WHERE tier_name = tier), 2);

CREATE MACRO tried(as_of) AS TABLE -- The outcomes that count of the actions that records have now, on a day: whether each supports its record, and its weight, which halves with each time to live.
    SELECT e.record_id, e.item, action_position AS position, e.event, e.decided_at, (e.item = 'workaround') = e.worked AS held,
        0.5 ** (date_diff('day', CAST(e.decided_at AS DATE), CAST(as_of AS DATE)) / r.time_to_live) AS weight
    FROM events e JOIN records r ON r.id = e.record_id
    WHERE e.counted AND action_position IS NOT NULL AND CAST(e.decided_at AS DATE) <= CAST(as_of AS DATE);

CREATE MACRO rates(as_of) AS TABLE -- The rate of each action that was tried, on a day: what the record declares, how many outcomes count, and the mean of the Beta distribution that follows.
    SELECT t.record_id, t.item, t.position, declared, count(*) AS outcomes, count(*) FILTER (worked) AS worked,
        round(coalesce(any_value(declared), 0.5) * any_value(prior) + coalesce(sum(weight) FILTER (fits), 0), 6) AS alpha,
        round((1 - coalesce(any_value(declared), 0.5)) * any_value(prior) + coalesce(sum(weight) FILTER (NOT fits), 0), 6) AS beta,
        round((coalesce(any_value(declared), 0.5) * any_value(prior) + coalesce(sum(weight) FILTER (fits), 0))
            / (any_value(prior) + sum(weight)), 4) AS mean
    FROM (
        SELECT t.*, coalesce(w.success_rate, d.fail_rate) AS declared, prior_weight(r.verification_tier) AS prior,
            held AS fits, held = (t.item = 'workaround') AS worked
        FROM tried(as_of) t JOIN records r ON r.id = t.record_id
        LEFT JOIN workarounds w ON t.item = 'workaround' AND w.record_id = t.record_id AND w.position = t.position
        LEFT JOIN dead_ends d ON t.item = 'dead_end' AND d.record_id = t.record_id AND d.position = t.position
    ) t
    GROUP BY t.record_id, t.item, t.position, declared;

CREATE MACRO supported(as_of) AS TABLE -- Of each record of which an action was tried, how far outcomes support it on a day: their weight, and that of those that do.
    SELECT record_id, count(*) AS outcomes, count(*) FILTER (held) AS holding, sum(weight) AS weight,
        coalesce(sum(weight) FILTER (held), 0) AS held
    FROM tried(as_of) GROUP BY record_id;

CREATE MACRO trust(as_of) AS TABLE -- The effective confidence of each published record on a day: effective = least(declared, ceiling) × factor, and where actions of it were tried, the mean of that and the outcomes.
    SELECT
        id, domain, tier, declared, distinct_sources, ceiling, last_confirmed, age, time_to_live,
        freshness(age, time_to_live) AS freshness,
        round(kept, 6) AS factor,
        worth AS effective,
        greatest(round(declared - worth, 6), 0) AS overconfidence,
        concat_ws('; ',
            CASE WHEN declared > ceiling THEN
                'capped at ' || printf('%.2f', ceiling) || ' (' || distinct_sources
                || CASE distinct_sources WHEN 1 THEN ' source, ' ELSE ' sources, ' END || tier || ')' END,
            CASE
                WHEN age IS NULL THEN told_of_age(age, last_confirmed) || ', so × 0.50'
                WHEN kept < 1 THEN age || ' days old, limit ' || time_to_live || ', so × '
                    || printf(CASE WHEN kept < 0.995 THEN '%.2f' ELSE '%.4f' END, kept)
            END,
            CASE WHEN outcomes IS NOT NULL THEN
                holding || ' of ' || outcomes || CASE outcomes WHEN 1 THEN ' outcome supports' ELSE ' outcomes support' END
                || ' it, so ' || printf('%.2f', worth) END
        ) AS why
    FROM (
        SELECT k.*, b.outcomes, b.holding,
            CASE WHEN b.record_id IS NULL THEN round(least(declared, ceiling) * kept, 6)
                ELSE round((least(declared, ceiling) * kept * prior_weight(tier) + b.held) / (prior_weight(tier) + b.weight), 6)
                END AS worth
        FROM (
        SELECT *, freshness_factor(age, time_to_live) AS kept
        FROM (
            SELECT
                id, domain, verification_tier AS tier, confidence AS declared, distinct_sources, evidence_ceiling AS ceiling,
                last_confirmed, age_on(as_of, last_confirmed) AS age, time_to_live
            FROM records
        )
        ) k LEFT JOIN supported(as_of) b ON b.record_id = k.id
    );

CREATE MACRO predictions(as_of, of_domain := NULL, of_tier := NULL) AS TABLE -- Each outcome that counts, on a day, with what three predictors gave for it: the declared confidence, the effective one as it would be without that outcome, and a constant, the share of all outcomes that support their records. No rows where there are fewer than 50 outcomes.
    WITH judged AS NOT MATERIALIZED (
        SELECT v.record_id, v.held, t.declared,
            -- the mean of all of its outcomes but this one
            (t.effective * (prior_weight(t.tier) + b.weight) - CASE WHEN v.held THEN v.weight ELSE 0 END)
                / (prior_weight(t.tier) + b.weight - v.weight) AS effective
        FROM tried(as_of) v
        JOIN trust(as_of) t ON t.id = v.record_id
        JOIN supported(as_of) b ON b.record_id = v.record_id
        WHERE (of_domain IS NULL OR t.domain = of_domain) AND (of_tier IS NULL OR t.tier = of_tier)
    )
    SELECT held, declared, least(greatest(effective, 0), 1) AS effective, round(avg(CASE WHEN held THEN 1 ELSE 0 END) OVER (), 4) AS constant
    FROM judged QUALIFY count(*) OVER () >= 50;

CREATE MACRO log_loss(p, held) AS -- The logarithmic loss of a prediction from 0 to 1, which is taken to be at least a millionth from either end.
    -ln(greatest(CASE WHEN held THEN p ELSE 1 - p END, 0.000001));

CREATE MACRO staleness(as_of) AS TABLE -- Age of each published record on a day, and by how much it is overdue.
    SELECT
        id, domain, tier, last_confirmed, age, time_to_live, freshness, age - time_to_live AS overdue,
        told_of_age(age, last_confirmed) || ', limit ' || time_to_live AS why
    FROM trust(as_of);

CREATE MACRO domain_of(record_id) AS -- The domain that an id begins with; null where there is none.
    CASE WHEN contains(record_id, '/') THEN split_part(record_id, '/', 1) END;

CREATE MACRO is_of_a_record(path) AS -- Whether a finding is about a record, and not about kb.toml or an event, by its `path`.
    path <> 'kb.toml' AND NOT starts_with(path, 'ledger/');

CREATE MACRO judgements(of_domain := NULL, of_tier := NULL, everything := false) AS TABLE -- Findings on records that are not suppressed (with `everything`, those and the ones on kb.toml and on events too), with the domain of their record, whether it is published, and whether a fix repaired them; of a rejected record the domain is the first segment of its id, and its tier is not known.
    SELECT * FROM (
        SELECT
            f.*,
            coalesce(r.domain, domain_of(f.record_id)) AS domain,
            r.verification_tier AS tier,
            r.id IS NOT NULL AS published,
            published AND f.fixable AND f.suppressed IS NULL AS repaired
        FROM findings f LEFT JOIN records r USING (path, position)
        WHERE everything OR (f.suppressed IS NULL AND is_of_a_record(f.path))
    )
    WHERE (of_domain IS NULL OR domain = of_domain) AND (of_tier IS NULL OR tier = of_tier);

CREATE MACRO weight_of(code, severity) AS -- What a finding adds to the risk of its record; docs/trust.md says why.
    CASE
        WHEN starts_with(code, 'SAF') OR code IN (
            'DED001', 'WRK004', 'WRK006', 'WRK007', 'RGX004', 'RGX007', 'TXT005', 'TXT006', 'TXT008') THEN 0.20
        WHEN code IN ('DAT006', 'EVD001', 'EVD005', 'IDN002', 'LOC002', 'RGX002', 'RGX006', 'SCH003') THEN 0.00
        WHEN code IN ('DED005', 'IDN004', 'IDN005', 'RAT005', 'REF001', 'TXT007', 'TXT010', 'WRK002', 'WRK009') THEN 0.03
        WHEN severity = 'error' THEN 0.20
        WHEN severity = 'warning' THEN 0.08
        ELSE 0.00
    END;

CREATE MACRO bare(action, how) AS -- Whether a workaround says what to do, but not how: no `how`, no code in its action, and that short.
    how IS NULL AND NOT contains(action, '`') AND strlen(action) < 80;

CREATE MACRO urgent(as_of) AS TABLE -- The records that an event asks to be reviewed, on a day: the gravest reason, and since when. A failed outcome and a refutation since the text was last confirmed come before a text that changed since.
    WITH confirmed AS NOT MATERIALIZED (
        SELECT e.record_id, max(decided_at) AS since
        FROM events e JOIN match_keys k ON k.record_id = e.record_id AND k.text = e.text
        WHERE kind = 'confirm' AND stands AND item IS NULL GROUP BY e.record_id
    ), reasons AS NOT MATERIALIZED (
        SELECT record_id, 3 AS grade, decided_at, 'an outcome against it' AS reason FROM tried(as_of) WHERE NOT held
        UNION ALL
        SELECT e.record_id, 2, decided_at, 'refuted'
        FROM events e JOIN match_keys k ON k.record_id = e.record_id AND k.text = e.text
        WHERE kind = 'refute' AND stands AND item IS NULL
        UNION ALL
        SELECT e.record_id, 1, max(decided_at), 'another text since it was confirmed'
        FROM events e JOIN match_keys k ON k.record_id = e.record_id
        WHERE kind = 'confirm' AND stands AND item IS NULL
        GROUP BY e.record_id HAVING NOT bool_or(e.text = k.text)
    )
    SELECT r.record_id, max(grade) AS grade, arg_max(reason || ' (' || CAST(decided_at AS DATE) || ')', (grade, decided_at)) AS reason
    FROM reasons r LEFT JOIN confirmed c ON c.record_id = r.record_id
    WHERE (c.since IS NULL OR decided_at > c.since) AND CAST(decided_at AS DATE) <= CAST(as_of AS DATE)
    GROUP BY r.record_id;

CREATE MACRO review_queue(as_of) AS TABLE -- What to review first on a day: what an event asks for (macro `urgent`), then by risk. The risk, 0 to 1, is a sum of five parts, each of which has its cap; `why` gives them. `place` breaks ties: first what more records point to, then what claims more than it is worth.
    WITH weighed AS NOT MATERIALIZED (
        SELECT path, position, code, code || CASE WHEN count(*) > 1 THEN '×' || count(*) ELSE '' END AS label,
            least(count(*), 2) * max(weight_of(code, severity)) AS weight
        FROM judgements() WHERE published AND NOT repaired
        GROUP BY path, position, code
    ), found AS NOT MATERIALIZED (
        SELECT path, position, sum(weight) AS weight,
            list(label ORDER BY weight DESC, code) FILTER (weight > 0) AS heavy,
            list(label ORDER BY code) FILTER (code IN ('EVD003', 'EVD009')) AS weak
        FROM weighed
        GROUP BY path, position
    ), done AS NOT MATERIALIZED (
        SELECT record_id, count(*) AS workarounds, count(*) FILTER (bare(action, how)) AS bare FROM workarounds GROUP BY record_id
    ), pointed AS NOT MATERIALIZED (
        SELECT error_id, count(DISTINCT record_id) AS pointing FROM transitions WHERE error_id <> record_id GROUP BY error_id
    ), known AS NOT MATERIALIZED (
        SELECT
            t.*, f.heavy, f.weak, d.workarounds, coalesce(d.bare, 0) AS bare, coalesce(p.pointing, 0) AS pointing,
            strlen(coalesce(r.root_cause, '')) < 50 AS brief,
            count(*) OVER (PARTITION BY t.last_confirmed) - 1 AS others,
            coalesce(f.weight, 0) AS weight, coalesce(u.grade, 0) AS grade, u.reason
        FROM trust(as_of) t
        JOIN records r USING (id)
        LEFT JOIN urgent(as_of) u ON u.record_id = t.id
        LEFT JOIN found f USING (path, position)
        LEFT JOIN done d ON d.record_id = t.id
        LEFT JOIN pointed p ON p.error_id = t.id
    ), parts AS NOT MATERIALIZED (
        SELECT *,
            round(0.40 * (1 - ceiling), 2) AS of_sources,
            round(least(0.30, weight), 2) AS of_findings,
            round(0.10 * bare / greatest(workarounds, 1) + CASE WHEN brief THEN 0.05 ELSE 0 END, 2) AS of_vagueness,
            round(0.20 * (1 - factor), 2) + CASE WHEN age IS NULL THEN 0.05 ELSE 0 END AS of_age,
            CASE WHEN age IS NOT NULL AND others >= 50 THEN 0.05 ELSE 0 END AS of_bulk
        FROM known
    ), summed AS NOT MATERIALIZED (
        SELECT *, CAST(round(of_sources + of_findings + of_vagueness + of_age + of_bulk, 2) AS DOUBLE) AS risk FROM parts
    )
    SELECT
        row_number() OVER (ORDER BY grade DESC, risk DESC, pointing DESC, overconfidence DESC, id) AS place,
        id, domain, tier, declared, effective, overconfidence, age, time_to_live, freshness, pointing, risk,
        coalesce(nullif(concat_ws('; ',
            reason,
            CASE WHEN of_sources > 0 THEN printf('%.2f sources: ', of_sources)
                || concat_ws(', ', distinct_sources, array_to_string(weak, ', '), tier) END,
            CASE WHEN of_findings > 0 THEN printf('%.2f findings: ', of_findings) || some_of(heavy, len(heavy)) END,
            CASE WHEN of_vagueness > 0 THEN printf('%.2f vague: ', of_vagueness) || concat_ws(', ',
                CASE WHEN bare > 0 THEN bare || ' of ' || workarounds || ' workarounds without a how' END,
                CASE WHEN brief THEN 'short root cause' END) END,
            CASE WHEN of_age > 0 THEN printf('%.2f age: ', of_age) || told_of_age(age, last_confirmed) || ', limit ' || time_to_live END,
            CASE WHEN of_bulk > 0 THEN printf('%.2f bulk: ', of_bulk) || others || ' others confirmed on ' || last_confirmed END,
            CASE WHEN pointing = 1 THEN 'one record points here' WHEN pointing > 1 THEN pointing || ' records point here' END
        ), ''), 'nothing speaks against it') AS why
    FROM summed
    ORDER BY place;

CREATE MACRO moved_findings(of_domain := NULL, of_tier := NULL) AS TABLE -- Findings that came and went with the newest run, of a domain or tier; the tier is that of the record as published now.
    SELECT c.*
    FROM finding_changes c LEFT JOIN records r ON r.id = c.record_id
    WHERE (of_domain IS NULL OR coalesce(r.domain, domain_of(c.record_id)) = of_domain)
        AND (of_tier IS NULL OR r.verification_tier = of_tier);

CREATE MACRO quality(as_of, of_domain := NULL, of_tier := NULL) AS TABLE -- The figures of the base on a day, or of a domain or tier of it: one row.
    WITH asked AS NOT MATERIALIZED (
        SELECT id FROM records WHERE (of_domain IS NULL OR domain = of_domain) AND (of_tier IS NULL OR verification_tier = of_tier)
    )
    SELECT
        records, domains, dead_ends, workarounds, mean_declared_confidence, mean_effective_confidence, overconfident, stale,
        never_confirmed, stale_share, unsourced, single_source, hosts, errors, warnings, infos, repairs, quarantined,
        round(quarantined / nullif(records + quarantined, 0), 4) AS quarantined_share
    FROM (
        SELECT
            count(*) AS records,
            count(DISTINCT domain) AS domains,
            mean(declared) AS mean_declared_confidence,
            mean(effective) AS mean_effective_confidence,
            count(*) FILTER (overconfidence > 0) AS overconfident,
            count(*) FILTER (freshness = 'stale') AS stale,
            count(*) FILTER (freshness = 'unknown') AS never_confirmed,
            stale_share(freshness) AS stale_share,
            count(*) FILTER (distinct_sources = 0) AS unsourced,
            count(*) FILTER (distinct_sources = 1) AS single_source
        FROM trust(as_of)
        WHERE (of_domain IS NULL OR domain = of_domain) AND (of_tier IS NULL OR tier = of_tier)
    ), (
        SELECT
            count(*) FILTER (severity = 'error') AS errors,
            count(*) FILTER (severity = 'warning' AND NOT repaired) AS warnings,
            count(*) FILTER (severity = 'info' AND NOT repaired) AS infos,
            count(*) FILTER (repaired) AS repairs,
            count(DISTINCT (path, position)) FILTER (NOT published) AS quarantined
        FROM judgements(of_domain, of_tier)
    ), (SELECT count(*) AS dead_ends FROM dead_ends WHERE record_id IN (FROM asked)
    ), (SELECT count(*) AS workarounds FROM workarounds WHERE record_id IN (FROM asked)
    ), (SELECT count(DISTINCT host) AS hosts FROM sources WHERE record_id IN (FROM asked));
