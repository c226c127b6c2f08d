-- The rows of a journal that version 1 has written: runs in every state, people in every state, an owner and an open call.
-- To be read with foreign keys off; `run_counts` comes last, for the triggers have counted already.
INSERT OR REPLACE INTO meta (name, value) VALUES
  ('token key', x'0101010101010101010101010101010101010101010101010101010101010101');
INSERT OR REPLACE INTO keys (number, key, fence, host, pid, lease_until) VALUES
  (1, 'november', 1, 'here', 4711, 1795348860000),
  (2, 'december', 0, NULL, NULL, NULL);
INSERT OR REPLACE INTO editions (hash, content) VALUES
  ('a8d1e63699a03cdd63b960dbee2314fd9d1fa73499b9e0fefe3dbe253eed850c', '{"from":{"name":"Acme News","address":"news@acme.example"},"replyTo":null,"subject":"Hello {{first_name}}","html":{"file":"hello.hbs","source":"<p>Hello {{first_name}}</p>","layout":null},"text":null,"partials":{},"headers":[],"attachments":[],"data":{"company":"Acme"},"list":null,"empty":"error"}');
INSERT OR REPLACE INTO runs (number, id, key, campaign_name, campaign_file, state, edition, delivery, created_at, finished_at, stopped, rejects_file) VALUES
  (1, '20261122-cccccc', 1, 'november-newsletter', '/campaigns/november/campaign.yml', 'finished', 'a8d1e63699a03cdd63b960dbee2314fd9d1fa73499b9e0fefe3dbe253eed850c', '{"routes":[],"sites":{},"retry":{"delaysMs":[60000],"maxAgeMs":259200000},"guard":{"stopWhen":[],"maxRecipients":null}}', 1795348800000, 1795348800000, NULL, NULL),
  (2, '20261122-dddddd', 1, 'november-newsletter', '/campaigns/november/campaign.yml', 'cancelled', 'a8d1e63699a03cdd63b960dbee2314fd9d1fa73499b9e0fefe3dbe253eed850c', '{"routes":[],"sites":{},"retry":{"delaysMs":[60000],"maxAgeMs":259200000},"guard":{"stopWhen":[],"maxRecipients":null}}', 1795348800000, 1795348800000, NULL, NULL),
  (3, '20261122-eeeeee', 1, 'november-newsletter', '/campaigns/november/campaign.yml', 'superseded', 'a8d1e63699a03cdd63b960dbee2314fd9d1fa73499b9e0fefe3dbe253eed850c', '{"routes":[],"sites":{},"retry":{"delaysMs":[60000],"maxAgeMs":259200000},"guard":{"stopWhen":[],"maxRecipients":null}}', 1795348800000, 1795348800000, NULL, NULL),
  (4, '20261122-ffffff', 1, 'november-newsletter', '/campaigns/november/campaign.yml', 'open', 'a8d1e63699a03cdd63b960dbee2314fd9d1fa73499b9e0fefe3dbe253eed850c', '{"routes":[],"sites":{},"retry":{"delaysMs":[60000],"maxAgeMs":259200000},"guard":{"stopWhen":[],"maxRecipients":null}}', 1795348800000, NULL, NULL, NULL),
  (5, '20261122-gggggg', 1, 'november-newsletter', '/campaigns/november/campaign.yml', 'preparing', 'a8d1e63699a03cdd63b960dbee2314fd9d1fa73499b9e0fefe3dbe253eed850c', '{"routes":[],"sites":{},"retry":{"delaysMs":[60000],"maxAgeMs":259200000},"guard":{"stopWhen":[],"maxRecipients":null}}', 1795348800000, NULL, NULL, NULL),
  (6, '20261122-hhhhhh', 2, 'november-newsletter', '/campaigns/november/campaign.yml', 'open', 'a8d1e63699a03cdd63b960dbee2314fd9d1fa73499b9e0fefe3dbe253eed850c', '{"routes":[],"sites":{},"retry":{"delaysMs":[60000],"maxAgeMs":259200000},"guard":{"stopWhen":[],"maxRecipients":null}}', 1795348800000, NULL, NULL, NULL);
INSERT OR REPLACE INTO attempts (id, route, messages, begun_at, settled_at, recovered_at) VALUES
  (1, 1, '[1,2,3]', 1795348800000, 1795348800000, NULL),
  (2, 2, '[4]', 1795348800000, NULL, 1795348800000),
  (3, 3, '[7,8]', 1795348800000, 1795348800000, NULL),
  (4, 4, '[9]', 1795348800000, NULL, NULL);
INSERT OR REPLACE INTO routes (number, run, name, attempts) VALUES
  (1, 1, 'alpha', 1),
  (2, 2, 'alpha', 1),
  (3, 4, 'alpha', 1),
  (4, 4, 'beta', 1);
INSERT OR REPLACE INTO messages (id, run, key, address, line, site, fields, files, state, attempts, queued_at, due_at, refused_routes, attempt, provider_id, class, code, status, text, skip_reason, changed_at, doubled) VALUES
  (1, 1, 1, 'ada@example.org', 2, 'example.org', '{"first_name":"ada"}', NULL, 'accepted', 1, 1795348800000, NULL, NULL, 1, 'provider-1', NULL, NULL, NULL, NULL, NULL, 1795348800000, 0),
  (2, 1, 1, 'bob@example.org', 3, 'example.org', '{"first_name":"bob"}', NULL, 'failed', 1, 1795348800000, NULL, NULL, 1, NULL, 'hard', NULL, NULL, 'it was hard', NULL, 1795348800000, 0),
  (3, 1, 1, 'eve@example.org', 4, 'example.org', '{"first_name":"eve"}', NULL, 'in doubt', 1, 1795348800000, NULL, NULL, 1, NULL, 'transient', 'ECONNRESET', NULL, 'the connection was lost', NULL, 1795348800000, 0),
  (4, 2, 1, 'pat@example.org', 2, 'example.org', '{"first_name":"pat"}', NULL, 'in doubt', 1, 1795348800000, NULL, NULL, 2, NULL, 'unknown', NULL, NULL, 'the process ended while the call was open', NULL, 1795348800000, 0),
  (5, 2, 1, 'zoe@example.org', 3, 'example.org', '{"first_name":"zoe"}', NULL, 'skipped', 0, 1795348800000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'cancelled', 1795348800000, 0),
  (6, 3, 1, 'ivy@example.org', 2, 'example.org', '{"first_name":"ivy"}', NULL, 'skipped', 0, 1795348800000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'superseded', 1795348800000, 0),
  (7, 4, 1, 'kim@example.org', 2, 'example.org', '{"first_name":"kim"}', NULL, 'accepted', 1, 1795348800000, NULL, NULL, 3, 'provider-1', NULL, NULL, NULL, NULL, NULL, 1795348800000, 0),
  (8, 4, 1, 'lea@example.org', 3, 'example.org', '{"first_name":"lea"}', NULL, 'queued', 1, 1795348800000, 1795348860000, NULL, 3, NULL, 'soft', NULL, NULL, 'it was soft', NULL, 1795348800000, 0),
  (9, 4, 1, 'max@example.org', 4, 'example.org', '{"first_name":"max"}', NULL, 'queued', 0, 1795348800000, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0),
  (10, 4, 1, 'nat@example.org', 5, 'example.org', '{"first_name":"nat"}', NULL, 'queued', 0, 1795348800000, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0),
  (11, 5, 1, 'ren@example.org', 2, 'example.org', '{"first_name":"ren"}', NULL, 'queued', 0, 1795348800000, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0),
  (12, 6, 2, 'ada@example.org', 2, 'example.org', '{"first_name":"ada"}', NULL, 'queued', 0, 1795348800000, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0);
INSERT OR REPLACE INTO left_out (id, run, line, kind, reason, address, detail) VALUES
  (1, 4, 6, 'skipped', 'already had it', 'ada@example.org', NULL),
  (2, 4, 7, 'row problem', 'invalid address', NULL, 'no @');
INSERT OR REPLACE INTO suppressions (address, reason, source, at) VALUES
  ('bob@example.org', 'hard bounce', 'run 20261122-cccccc: it was hard', 1795348800000);
INSERT OR REPLACE INTO run_counts (run, queued, accepted, failed, skipped, in_doubt, row_problems) VALUES
  (1, 0, 1, 1, 0, 1, 0),
  (2, 0, 0, 0, 1, 1, 0),
  (3, 0, 0, 0, 1, 0, 0),
  (4, 3, 1, 0, 1, 0, 1),
  (5, 1, 0, 0, 0, 0, 0),
  (6, 1, 0, 0, 0, 0, 0);
