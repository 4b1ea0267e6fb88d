-- Tables for kb itself: what corpus rules compare records by, and comparisons made before. No promise to anyone.

CREATE TABLE match_keys ( -- What corpus rules compare a published record by, worked out once.
    record_id VARCHAR NOT NULL, -- Id of the record.
    form VARCHAR, -- The foreign format it came in; null: native.
    text VARCHAR, -- Digest of what it says, as events are bound to it; null where the ledger has none on it.
    signature_key UBIGINT NOT NULL, -- Digest of the signature, case, white space and digits folded.
    further_keys UBIGINT[] NOT NULL, -- Likewise of each further signature, in their order.
    sentence_keys UINTEGER[] NOT NULL, -- Digests of the sentences of its actions, reasons, steps and distinctions.
    bands UINTEGER[] NOT NULL, -- MinHash bands of signatures, root cause and actions: near copies share one.
    required_literals VARCHAR[] NOT NULL, -- Texts of which every match of the regex holds one, in lower case; empty: not known.
    terms UBIGINT[][] NOT NULL, -- For each signature, digests of its terms in order; odd: the term is loose, a name.
    codes UBIGINT[] NOT NULL, -- Digests of its error code.
    compared BOOLEAN NOT NULL -- Whether it was compared with all others.
);

CREATE TABLE match_index ( -- Which index `kb match` finds records by belongs to this store.
    digest VARCHAR NOT NULL, -- Digest of its arrays.
    made_of VARCHAR NOT NULL -- What it was made of: its version, a digest of the ordinary lines, how many records, and a sum of their hashes.
);

CREATE TABLE pairs ( -- What comparing two published records came to, where that is not cheap.
    code VARCHAR NOT NULL, -- Code of the rule that compares.
    record_id VARCHAR NOT NULL, -- Id of the record that it speaks of.
    other_id VARCHAR NOT NULL, -- Id of the other one.
    score DOUBLE NOT NULL -- How far the rule's question is answered by yes, 0 to 1.
);

CREATE TABLE buckets ( -- Records that share a MinHash band with another.
    band UINTEGER NOT NULL, -- The band.
    record_id VARCHAR NOT NULL -- Id of a record that has it.
);

CREATE TABLE bounds ( -- Texts that so many signatures hold that a pattern is not held against all of those.
    code VARCHAR NOT NULL, -- Code of the rule that compares.
    literal VARCHAR NOT NULL, -- The text, as in `required_literals` of match_keys; empty: it is about patterns that have none.
    one_in BIGINT NOT NULL -- One in so many signatures with that text is compared: those whose digest this divides.
);

CREATE TABLE prior_weights ( -- How many outcomes what a record declares is worth, from the settings. Macro `prior_weight` reads it.
    tier_name VARCHAR NOT NULL, -- Verification tier.
    outcomes DOUBLE NOT NULL -- How many.
);

CREATE TABLE withheld ( -- Findings of single records that a corpus rule found the cause of: reported again once it no longer does.
    record_id VARCHAR, -- Id of the record; null where none could be read.
    path VARCHAR NOT NULL, -- File the record came from; kb.toml for a finding about a suppression.
    position BIGINT NOT NULL, -- Place of the record in its file, from 0; of the suppression in kb.toml.
    line BIGINT, -- Line the record starts on; null where the file holds one record, and for kb.toml.
    code VARCHAR NOT NULL, -- Code of the rule; `kb explain CODE` says more.
    name VARCHAR NOT NULL, -- Name of the rule.
    severity VARCHAR NOT NULL, -- error, warning or info.
    pointer VARCHAR NOT NULL, -- RFC 6901 JSON Pointer into the document as ingested.
    message VARCHAR NOT NULL, -- What is wrong, with the value, then what to do.
    fixable BOOLEAN NOT NULL, -- Whether it is a fix's; of a published record, `changes` then has a row of the same code and pointer, unless it is suppressed.
    fingerprint VARCHAR NOT NULL, -- Key of 16 hexadecimal digits; the same in every run while the record says the same at that place.
    suppressed VARCHAR, -- Why it is suppressed, as in [[suppress]] of kb.toml; null: it is not.
    seq BIGINT NOT NULL -- Order among the findings of its record, from 0.
);
