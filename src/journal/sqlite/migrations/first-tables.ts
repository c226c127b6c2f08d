/**
 * Version 1: all tables. The laws that must hold whatever the code does are written here, as unique indexes, checks and
 * triggers; times are milliseconds since 1970.
 */

import type { Migration } from '../migrate.ts'

/** `mblt`: how a journal is told from any other SQLite database. */
export const applicationId = 0x6d626c74

export const firstTables: Migration = (database, origin) => {
  database.exec(tables)
  database.exec(triggers)
  database.pragma(`application_id = ${applicationId}`)
  database.prepare("INSERT INTO meta (name, value) VALUES ('token key', ?)").run(origin.randomBytes(32))
}

const tables = `
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A campaign's key and who owns it. The fence outlives its owners, so that it only ever grows.
CREATE TABLE keys (
  number INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  fence INTEGER NOT NULL DEFAULT 0,
  host TEXT,
  pid INTEGER,
  lease_until INTEGER,
  CHECK ((host IS NULL) = (pid IS NULL) AND (host IS NULL) = (lease_until IS NULL))
) STRICT;

CREATE TABLE editions (
  hash TEXT NOT NULL UNIQUE,
  content TEXT NOT NULL
) STRICT;

CREATE TABLE payloads (
  sha256 TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE edition_payloads (
  edition TEXT NOT NULL REFERENCES editions (hash),
  payload TEXT NOT NULL REFERENCES payloads (sha256),
  PRIMARY KEY (edition, payload)
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: the number of a discarded run is never given to another one.
CREATE TABLE runs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  key INTEGER NOT NULL REFERENCES keys (number),
  campaign_name TEXT NOT NULL,
  campaign_file TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('preparing', 'open', 'finished', 'cancelled', 'superseded')),
  edition TEXT NOT NULL REFERENCES editions (hash),
  delivery TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  stopped TEXT,
  rejects_file TEXT,
  UNIQUE (number, key)
) STRICT;
CREATE INDEX runs_of_key ON runs (key);

-- How many rows of a run are where; kept by triggers, so that it cannot differ from the rows.
CREATE TABLE run_counts (
  run INTEGER PRIMARY KEY REFERENCES runs (number),
  queued INTEGER NOT NULL DEFAULT 0 CHECK (queued >= 0),
  accepted INTEGER NOT NULL DEFAULT 0 CHECK (accepted >= 0),
  failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  skipped INTEGER NOT NULL DEFAULT 0 CHECK (skipped >= 0),
  in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt >= 0),
  row_problems INTEGER NOT NULL DEFAULT 0 CHECK (row_problems >= 0)
) STRICT;

-- The routes that a run has used, and how many calls each has had.
CREATE TABLE routes (
  number INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (number),
  name TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  UNIQUE (run, name)
) STRICT;

-- One call with one parcel. Open until it is settled, or until a later owner finds that nobody will settle it.
-- messages: their ids, a JSON array.
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  route INTEGER NOT NULL REFERENCES routes (number),
  messages TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  settled_at INTEGER,
  recovered_at INTEGER
) STRICT;
CREATE INDEX attempts_open ON attempts (route) WHERE settled_at IS NULL AND recovered_at IS NULL;

-- attempt: the last one that was settled; class to text: its cause.
-- doubled: 0, or the message's own id where another message of the key had been accepted for the same address before;
-- only then does the law of messages_accepted not bind it.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  key INTEGER NOT NULL,
  address TEXT NOT NULL,
  line INTEGER NOT NULL,
  site TEXT NOT NULL,
  fields TEXT NOT NULL,
  files TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'accepted', 'failed', 'skipped', 'in doubt')),
  attempts INTEGER NOT NULL DEFAULT 0,
  queued_at INTEGER NOT NULL,
  due_at INTEGER,
  refused_routes TEXT,
  attempt INTEGER REFERENCES attempts (id),
  provider_id TEXT,
  class TEXT,
  code TEXT,
  status TEXT,
  text TEXT,
  skip_reason TEXT,
  changed_at INTEGER,
  doubled INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (run, key) REFERENCES runs (number, key),
  CHECK ((state = 'queued') = (due_at IS NOT NULL)),
  CHECK ((state = 'skipped') = (skip_reason IS NOT NULL)),
  CHECK (doubled = 0 OR state = 'accepted')
) STRICT;
CREATE UNIQUE INDEX messages_of_run ON messages (run, address);
CREATE INDEX messages_by_line ON messages (run, line);
-- An index ends with the row's id by itself, so these two are in the order of claims.
CREATE INDEX messages_due ON messages (run, due_at) WHERE state = 'queued';
CREATE INDEX messages_due_by_site ON messages (run, site, due_at) WHERE state = 'queued';
-- The law: under one key, an address is accepted once.
CREATE UNIQUE INDEX messages_accepted ON messages (key, address, doubled) WHERE state = 'accepted';
CREATE INDEX messages_in_doubt ON messages (key, address) WHERE state = 'in doubt';

-- Rows of the list that never became messages.
CREATE TABLE left_out (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs (number),
  line INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('skipped', 'row problem')),
  reason TEXT NOT NULL,
  address TEXT,
  detail TEXT,
  CHECK ((kind = 'skipped') = (address IS NOT NULL)),
  CHECK ((kind = 'row problem') = (detail IS NOT NULL))
) STRICT;
CREATE INDEX left_out_by_line ON left_out (run, line);
CREATE INDEX left_out_addresses ON left_out (run, address) WHERE address IS NOT NULL;

CREATE TABLE suppressions (
  address TEXT PRIMARY KEY,
  reason TEXT NOT NULL CHECK (reason IN ('hard bounce', 'complaint', 'unsubscribed', 'manual')),
  source TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

const triggers = `
CREATE TRIGGER accepted_stays BEFORE UPDATE OF state ON messages WHEN old.state = 'accepted' AND new.state <> 'accepted'
BEGIN
  SELECT raise(ABORT, 'a message that was accepted stays accepted');
END;

CREATE TRIGGER run_created AFTER INSERT ON runs BEGIN
  INSERT INTO run_counts (run) VALUES (new.number);
END;

CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN
  UPDATE run_counts SET
    queued = queued + (new.state = 'queued'),
    accepted = accepted + (new.state = 'accepted'),
    failed = failed + (new.state = 'failed'),
    skipped = skipped + (new.state = 'skipped'),
    in_doubt = in_doubt + (new.state = 'in doubt')
  WHERE run = new.run;
END;

CREATE TRIGGER message_moved AFTER UPDATE OF state ON messages WHEN new.state <> old.state BEGIN
  UPDATE run_counts SET
    queued = queued + (new.state = 'queued') - (old.state = 'queued'),
    accepted = accepted + (new.state = 'accepted') - (old.state = 'accepted'),
    failed = failed + (new.state = 'failed') - (old.state = 'failed'),
    skipped = skipped + (new.state = 'skipped') - (old.state = 'skipped'),
    in_doubt = in_doubt + (new.state = 'in doubt') - (old.state = 'in doubt')
  WHERE run = new.run;
END;

CREATE TRIGGER row_left_out AFTER INSERT ON left_out BEGIN
  UPDATE run_counts SET
    skipped = skipped + (new.kind = 'skipped'),
    row_problems = row_problems + (new.kind = 'row problem')
  WHERE run = new.run;
END;

CREATE TRIGGER attempt_begun AFTER INSERT ON attempts BEGIN
  UPDATE routes SET attempts = attempts + 1 WHERE number = new.route;
END;
`
