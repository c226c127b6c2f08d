/**
 * Version 3: what a delivery must remember of paces, quotas and receivers from one process to the next, what is asked of a
 * run from outside, and what its owner says of itself. The age of a message counts from when it was first put off by its
 * receiver, where it was counted from its queueing before that.
 */

import type { Migration } from '../migrate.ts'

export const paceAndControl: Migration = database => {
  database.exec(changes)
}

const changes = `
-- From when its maximum age counts; NULL: no receiver has put it off yet. queued_at is for people only from here on.
ALTER TABLE messages ADD COLUMN ages_from INTEGER;
UPDATE messages SET ages_from = queued_at WHERE attempts > 0;

-- The recipient's own time zone, where the schedule asks for it.
ALTER TABLE messages ADD COLUMN zone TEXT;

-- 1: goes first, so that the others are only mailed if that has gone well.
ALTER TABLE messages ADD COLUMN canary INTEGER NOT NULL DEFAULT 0 CHECK (canary IN (0, 1));
CREATE INDEX messages_canary ON messages (run, state, due_at) WHERE canary = 1;

-- canary: 'sending' while only canaries may go, 'holding' while it is waited for what becomes of them.
ALTER TABLE runs ADD COLUMN canary TEXT CHECK (canary IN ('sending', 'holding'));
ALTER TABLE runs ADD COLUMN canary_until INTEGER CHECK ((canary_until IS NOT NULL) = (canary IS 'holding'));

-- When it was stopped because nothing could be done before a time, and that time.
ALTER TABLE runs ADD COLUMN stopped_at INTEGER;
ALTER TABLE runs ADD COLUMN stopped_until INTEGER CHECK ((stopped_until IS NULL) = (stopped_at IS NULL));

-- What is asked of a run, by whatever process: not to go on (a Pause), to be cancelled, to go at other paces.
ALTER TABLE runs ADD COLUMN paused TEXT;
ALTER TABLE runs ADD COLUMN cancel_asked INTEGER NOT NULL DEFAULT 0 CHECK (cancel_asked IN (0, 1));
ALTER TABLE runs ADD COLUMN pacing TEXT;

-- What the process that sends a run last said of itself.
CREATE TABLE standings (
  run INTEGER PRIMARY KEY REFERENCES runs (number),
  content TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- How fast a site or a provider account may be used, by what it was given and has said; over all runs.
CREATE TABLE paces (
  what TEXT NOT NULL CHECK (what IN ('site', 'account')),
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (what, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX paces_by_age ON paces (at);

-- How many messages were handed to a provider account on each day; over all runs.
CREATE TABLE sending_days (
  account TEXT NOT NULL,
  day TEXT NOT NULL,
  messages INTEGER NOT NULL CHECK (messages >= 0),
  PRIMARY KEY (account, day)
) STRICT, WITHOUT ROWID;

-- The receiving site behind a domain, as DNS said it, and for how long that may be believed.
CREATE TABLE domain_sites (
  domain TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
