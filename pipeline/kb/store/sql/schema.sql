-- The tables of the store. The text behind `--` becomes the COMMENT of its table or column, and docs/tables.md.
-- No two rows of a table have the same key. A row that has a `record_id NOT NULL` belongs to that published record; where its
-- key begins with it, the row goes when the record goes.

CREATE TABLE records ( -- One row for each published record.
    id VARCHAR NOT NULL, -- Id of the record: domain/slug or domain/slug/environment. Unique.
    signature VARCHAR NOT NULL, -- The error message as the tool prints it.
    signature_zh VARCHAR, -- The signature in Chinese.
    signatures VARCHAR[], -- Further texts of the same error.
    regex VARCHAR NOT NULL, -- A pattern that finds the error in a log, case ignored. Not to be run in SQL: engines differ.
    domain VARCHAR NOT NULL, -- The tool or field; the first segment of the id.
    category VARCHAR NOT NULL, -- The kind of error.
    subcategory VARCHAR, -- A finer kind.
    severity VARCHAR, -- How bad it is when it happens: info, warning, error or critical; as written, where it is another word (SEV001).
    root_cause VARCHAR, -- Why the error happens.
    root_cause_type VARCHAR, -- A word for the kind of cause.
    root_cause_zh VARCHAR, -- The root cause in Chinese.
    diagnosis VARCHAR[], -- Steps that tell this error from its neighbours, in their order.
    verify VARCHAR[], -- Steps that show that it is fixed, in their order.
    official_doc_url VARCHAR, -- The official page on this error.
    official_doc_section VARCHAR, -- The section of that page.
    error_code VARCHAR, -- The tool's own code for the error.
    verification_tier VARCHAR NOT NULL, -- How the record was verified: a tier of the ladder.
    confidence DOUBLE NOT NULL, -- How sure its author is, 0 to 1, as declared; macro `trust` says what it is worth.
    fix_success_rate DOUBLE, -- Share of cases in which something helps, 0 to 1.
    resolvable VARCHAR NOT NULL, -- Whether the error can be resolved: true, partial or false.
    first_seen DATE, -- Day the error was first seen.
    last_confirmed DATE, -- Day the record was last confirmed; age is counted from it.
    last_updated DATE, -- Day the record was last edited.
    evidence_count BIGINT, -- Pieces of evidence, as declared.
    tags VARCHAR[], -- Free keywords.
    locale VARCHAR, -- Language of the main text.
    aliases VARCHAR[], -- Other ids of this record.
    os_specific JSON, -- Notes by operating system, free in form.
    extensions JSON, -- What another format carries and the native one has no place for.
    distinct_sources INTEGER NOT NULL, -- Different pages that the record cites, the official document included, home pages and fronts of documentations not; counted.
    evidence_ceiling DOUBLE NOT NULL, -- The highest confidence that those sources and the tier allow, 0 to 1.
    time_to_live INTEGER NOT NULL, -- Days without confirmation after which the record is stale, from the settings.
    path VARCHAR NOT NULL, -- File the record came from, relative to the workspace; archive!member in an archive.
    position BIGINT NOT NULL, -- Place of the record in its file, from 0.
    line BIGINT, -- Line it starts on, from 1; null where the file holds one record.
    digest VARCHAR NOT NULL, -- SHA-256 of the record's bytes as ingested, in hex.
    content VARCHAR NOT NULL, -- SHA-256 of the curated document without its curation block, in hex.
    doc VARCHAR NOT NULL -- The curated document, as canonical JSON.
    -- key: id
);

CREATE TABLE dead_ends ( -- What not to try: one row for each dead end of a published record.
    record_id VARCHAR NOT NULL, -- Id of the record.
    position INTEGER NOT NULL, -- Place in the record's list, from 0.
    action VARCHAR NOT NULL, -- What people try; '' where the record does not say (DED001).
    why_fails VARCHAR NOT NULL, -- Why it does not help; '' where the record does not say (DED002).
    fail_rate DOUBLE, -- Share of cases in which it fails, 0 to 1.
    condition VARCHAR, -- When this holds; null: always.
    quote VARCHAR -- The words of one of its sources that say so.
    -- key: record_id, position
);

CREATE TABLE workarounds ( -- What works: one row for each workaround of a published record.
    record_id VARCHAR NOT NULL, -- Id of the record.
    position INTEGER NOT NULL, -- Place in the record's list, from 0.
    action VARCHAR NOT NULL, -- What to do; '' where the record does not say (WRK007).
    action_zh VARCHAR, -- The action in Chinese.
    how VARCHAR, -- How to do it, beyond the action.
    success_rate DOUBLE, -- Share of cases in which it works, 0 to 1.
    condition VARCHAR, -- When this holds; null: always.
    quote VARCHAR -- The words of one of its sources that say so.
    -- key: record_id, position
);

CREATE TABLE versions ( -- Versions that show the error: one row for each entry.
    record_id VARCHAR NOT NULL, -- Id of the record.
    position INTEGER NOT NULL, -- Place in the record's list, from 0.
    version VARCHAR NOT NULL, -- As written.
    product VARCHAR, -- The product that was written with it, as in "tensorflow 2.8.0".
    number VARCHAR NOT NULL, -- The version alone.
    introduced VARCHAR, -- Version or day the behaviour came with.
    deprecated VARCHAR, -- Version or day it was deprecated.
    removed VARCHAR, -- Version or day it was removed.
    behavior_change VARCHAR, -- What this version does differently.
    status VARCHAR -- active, deprecated or removed.
    -- key: record_id, position
);

CREATE TABLE transitions ( -- Neighbouring errors: one row for each reference from one record to another.
    record_id VARCHAR NOT NULL, -- Id of the record that refers.
    kind VARCHAR NOT NULL, -- leads_to, preceded_by or frequently_confused_with.
    position INTEGER NOT NULL, -- Place in the record's list of that kind, from 0.
    error_id VARCHAR NOT NULL, -- Id that is referred to; it need not exist.
    probability DOUBLE, -- How often one follows the other, 0 to 1.
    condition VARCHAR, -- When it does.
    distinction VARCHAR -- How the two differ.
    -- key: record_id, kind, position
);

CREATE TABLE sources ( -- What records cite: one row for each URL at each place.
    record_id VARCHAR NOT NULL, -- Id of the record.
    item VARCHAR NOT NULL, -- official, dead_end or workaround.
    item_position INTEGER, -- Place of the dead end or workaround; null for the official document.
    position INTEGER NOT NULL, -- Place in the item's list of sources, from 0.
    url VARCHAR NOT NULL, -- The URL as published.
    host VARCHAR -- Its host in lower case; null where the URL is malformed.
    -- key: record_id, item, item_position, position
);

CREATE TABLE findings ( -- Every judgement, on published and on quarantined records, on events of the ledger, and on kb.toml.
    record_id VARCHAR, -- Id of the record; null where none could be read.
    path VARCHAR NOT NULL, -- File the record came from; kb.toml for a finding about a suppression, ledger/… for one about an event.
    position BIGINT NOT NULL, -- Place of the record in its file, from 0; of the suppression in kb.toml, of the event in its file.
    line BIGINT, -- Line the record starts on; null where the file holds one record, and for kb.toml.
    code VARCHAR NOT NULL, -- Code of the rule; `kb explain CODE` says more.
    name VARCHAR NOT NULL, -- Name of the rule.
    severity VARCHAR NOT NULL, -- error, warning or info.
    pointer VARCHAR NOT NULL, -- RFC 6901 JSON Pointer into the document as ingested.
    message VARCHAR NOT NULL, -- What is wrong, with the value, then what to do.
    fixable BOOLEAN NOT NULL, -- Whether it is a fix's; of a published record, `changes` then has a row of the same code and pointer, unless it is suppressed.
    fingerprint VARCHAR NOT NULL, -- Key of 16 hexadecimal digits; the same in every run while the record says the same at that place.
    suppressed VARCHAR, -- Why it is suppressed, as kb.toml says under [[suppress]]; null: it is not.
    seq BIGINT NOT NULL -- Order among the findings of its record, from 0.
    -- key: path, position, seq, code
);

CREATE TABLE changes ( -- Every repair on a published record.
    record_id VARCHAR NOT NULL, -- Id of the record.
    path VARCHAR NOT NULL, -- File the record came from.
    position BIGINT NOT NULL, -- Place of the record in its file, from 0.
    code VARCHAR NOT NULL, -- Code of the fix.
    pointer VARCHAR NOT NULL, -- RFC 6901 JSON Pointer into the document as ingested.
    before JSON NOT NULL, -- The value as ingested.
    after JSON, -- The value as published; SQL NULL where a list lost the element.
    seq BIGINT NOT NULL -- Order among the changes of its record, from 0.
    -- key: path, position, seq
);

CREATE TABLE quarantine ( -- Rejected records, whole; the reasons are in `findings` under the same path and position.
    record_id VARCHAR, -- Id, as far as one could be read.
    path VARCHAR NOT NULL, -- File the record came from.
    position BIGINT NOT NULL, -- Place of the record in its file, from 0.
    line BIGINT, -- Line it starts on, from 1; null where the file holds one record.
    digest VARCHAR NOT NULL, -- SHA-256 of the bytes, in hex.
    codes VARCHAR[] NOT NULL, -- Codes of the errors that rejected it.
    by_corpus BOOLEAN NOT NULL, -- Whether only other records, or the day, are the reason.
    raw BLOB NOT NULL -- The bytes as ingested, with an asterisk for each byte of a credential (SAF001).
    -- key: path, position
);

CREATE TABLE copies ( -- Records that say exactly what a published one says; kept, because the other may go.
    record_id VARCHAR NOT NULL, -- Id of the published record.
    path VARCHAR NOT NULL, -- File the copy came from.
    position BIGINT NOT NULL, -- Place of the copy in its file, from 0.
    line BIGINT, -- Line it starts on, from 1; null where the file holds one record.
    digest VARCHAR NOT NULL, -- SHA-256 of the bytes, in hex.
    raw BLOB NOT NULL -- The bytes as ingested.
    -- key: path, position
);

CREATE TABLE withdrawn ( -- Records in raw/ that the ledger took out: not published, and judged again once they are restored.
    record_id VARCHAR NOT NULL, -- Id of the record; `tombstones` says why it went.
    path VARCHAR NOT NULL, -- File the record comes from.
    position BIGINT NOT NULL, -- Place of the record in its file, from 0.
    line BIGINT, -- Line it starts on, from 1; null where the file holds one record.
    digest VARCHAR NOT NULL -- SHA-256 of the bytes, in hex.
    -- key: path, position
);

CREATE TABLE tombstones ( -- One row for each record that the ledger took out, whether it is still in raw/ or not.
    record_id VARCHAR NOT NULL, -- Id of the record. Unique.
    status VARCHAR NOT NULL, -- withdrawn or merged.
    event VARCHAR NOT NULL, -- The event that took it out.
    decided_at TIMESTAMP NOT NULL, -- When, UTC.
    actor VARCHAR NOT NULL, -- Who: person:, agent: or ci:, and a name.
    reason VARCHAR, -- Why.
    successor VARCHAR -- Id of the record that takes its place.
    -- key: record_id
);

CREATE TABLE events ( -- The ledger: one row for each valid event. Macro `votes` has the outcomes that count.
    event VARCHAR NOT NULL, -- Name of the event: its day and the first 12 digits of its digest.
    digest VARCHAR NOT NULL, -- SHA-256 of its canonical JSON, in hex. Unique.
    file VARCHAR NOT NULL, -- Its file, relative to the workspace.
    line BIGINT, -- Its line there, from 1; null where the file holds one event.
    kind VARCHAR NOT NULL, -- confirm, refute, outcome, promote, demote, deprecate, withdraw, merge, restore or retract.
    record_id VARCHAR NOT NULL, -- Id of the record that it is about.
    text VARCHAR, -- Digest of what the record said then.
    item VARCHAR, -- dead_end or workaround, if it is about one; null: about the whole record.
    item_position INTEGER, -- Place of that, from 0, as it was then.
    action VARCHAR, -- Fingerprint of its action: the first 16 digits of the SHA-256 of the text.
    action_position INTEGER, -- Place of that action in its record now, from 0; null where no published record has it.
    decided_at TIMESTAMP NOT NULL, -- When it was decided, UTC.
    actor VARCHAR NOT NULL, -- Who decided: person:, agent: or ci:, and a name.
    used JSON, -- Product versions, and the operating system, that it was tried with.
    worked BOOLEAN, -- Of an outcome: whether the action worked.
    tier VARCHAR, -- Of a promotion or demotion: the tier that it moves the record to.
    reason VARCHAR, -- Why.
    successor VARCHAR, -- Id of the record that takes its place.
    retracts VARCHAR, -- The event that it takes back.
    evidence JSON, -- What it rests on: a list of objects.
    note VARCHAR, -- What its author wrote beside it.
    stands BOOLEAN NOT NULL, -- Whether it holds: it was not taken back, and no error was found in it (LED).
    counted BOOLEAN NOT NULL -- Whether it is an outcome that counts: one for each actor, day and set of versions, and of one actor the newest (`ledger.votes_per_actor`).
    -- key: digest
);

CREATE TABLE finding_changes ( -- Findings that came and went with the newest run, whether suppressed or not.
    state VARCHAR NOT NULL, -- new or fixed; a finding that persists is in `findings` alone.
    record_id VARCHAR, -- Id of the record; null where none could be read.
    path VARCHAR NOT NULL, -- File the record comes from; of a fixed finding, came from.
    code VARCHAR NOT NULL, -- Code of the rule; `kb explain CODE` says more.
    name VARCHAR NOT NULL, -- Name of the rule.
    severity VARCHAR NOT NULL, -- error, warning or info.
    pointer VARCHAR NOT NULL, -- RFC 6901 JSON Pointer into the document as ingested.
    message VARCHAR NOT NULL, -- What is, or was, wrong.
    fingerprint VARCHAR NOT NULL, -- Key of the finding, as in `findings`.
    number BIGINT NOT NULL -- Running number among those of one key, from 1.
    -- key: state, fingerprint, number
);

CREATE TABLE files ( -- The files that were read, so that an unchanged one need not be read again.
    path VARCHAR NOT NULL, -- Path, relative to the workspace. Unique.
    root VARCHAR NOT NULL, -- The path that was ingested, at or above it.
    size BIGINT NOT NULL, -- Size in bytes.
    modified TIMESTAMP_NS NOT NULL, -- Time of the last change, UTC.
    inode UBIGINT NOT NULL, -- Inode, or 0.
    form VARCHAR, -- Format given for its records; null: detected for each.
    digest VARCHAR NOT NULL, -- SHA-256 of the bytes, in hex.
    records BIGINT NOT NULL -- How many records it holds.
    -- key: path
);

CREATE TABLE runs ( -- One row for each ingest that changed something; the newest describes the base as it stands.
    run INTEGER NOT NULL, -- Number of the run, from 1. Unique.
    version VARCHAR NOT NULL, -- Version of kb.
    fingerprint VARCHAR NOT NULL, -- Digest of what the records were judged with.
    judged JSON NOT NULL, -- What they were judged with: version of kb, rules with version and severity, settings. Where it differs, the affected records are judged again.
    as_of DATE NOT NULL, -- The day that age was counted to.
    read BIGINT NOT NULL, -- Records read: published + unchanged + quarantined.
    published BIGINT NOT NULL, -- New or changed records.
    unchanged BIGINT NOT NULL, -- Records that stand as they stood.
    quarantined BIGINT NOT NULL, -- Rejected records.
    removed BIGINT NOT NULL, -- Records that are gone from the base.
    findings_new BIGINT, -- Findings that were not there before; null where there was nothing to compare with.
    findings_fixed BIGINT, -- Findings that were there before and are gone; null likewise.
    findings_as_before BIGINT -- Findings that were there before and still are; null likewise.
    -- key: run
);

CREATE TABLE figures ( -- The figures of each state that was published, as macro `quality` gave them; run 0 is what curated/ held before the first run.
    run INTEGER NOT NULL, -- Number of the run.
    as_of DATE NOT NULL, -- The day that age was counted to.
    figure VARCHAR NOT NULL, -- Name of the figure.
    value DOUBLE NOT NULL -- Its value.
    -- key: run, figure
);
