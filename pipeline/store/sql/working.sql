-- Tables for kb itself: what corpus rules compare records by, and comparisons made before. No promise to anyone.

CREATE TABLE traits ( -- What corpus rules compare a published record by, worked out once.
    record_id VARCHAR NOT NULL, -- Id of the record.
    form VARCHAR, -- The foreign format it came in; null: native.
    signature_key UBIGINT NOT NULL, -- Digest of the signature, case, white space and digits folded.
    sentence_keys UINTEGER[] NOT NULL, -- Digests of the sentences of its actions, reasons and distinctions.
    bands UINTEGER[] NOT NULL, -- MinHash bands of signature, root cause and actions: near copies share one.
    needs VARCHAR[] NOT NULL, -- Texts of which every match of the regex holds one, in lower case; empty: not known.
    compared BOOLEAN NOT NULL -- Whether it was compared with all others.
);

CREATE TABLE pairs ( -- What comparing two published records came to, where that is not cheap.
    code VARCHAR NOT NULL, -- Code of the rule that compares.
    record_id VARCHAR NOT NULL, -- Id of the record that it speaks of.
    other_id VARCHAR NOT NULL, -- Id of the other one.
    score DOUBLE NOT NULL -- How far the rule's question is answered by yes, 0 to 1.
);

CREATE TABLE crowds ( -- Records that share a MinHash band with another.
    band UINTEGER NOT NULL, -- The band.
    record_id VARCHAR NOT NULL -- Id of a record that has it.
);
