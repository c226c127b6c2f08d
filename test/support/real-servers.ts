/**
 * Mail servers as they are in the world, started on loopback for a test: Postfix and OpenSMTPD with a Maildir, smtp-sink
 * and aiosmtpd. Each starts in a folder of its own and leaves nothing behind; none is a service of the machine.
 */

import { existsSync } from 'node:fs'
import { chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pythonWith } from './python.ts'
import {
  asRoot,
  canBeRoot,
  canRun,
  ended,
  filesIn,
  folderForAll,
  freePort,
  isRoot,
  listening,
  run,
  start,
  until,
} from './server-process.ts'

export interface RealServer {
  readonly port: number
  /** What it has taken, as it has kept it, once there are so many messages. */
  messages(count: number): Promise<readonly Buffer[]>
  stop(): Promise<void>
}

export interface RealServerKind {
  readonly name: string
  /** Why it cannot be started here; undefined if it can. */
  readonly missing: string | undefined
  start(): Promise<RealServer>
}

const daemons = '/usr/lib/postfix/sbin'
/** Who owns the mail: Postfix and OpenSMTPD deliver to nobody's account but a plain user's. */
const [uid, gid] = isRoot ? [65534, 65534] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0]

export const postfix: RealServerKind = {
  name: 'Postfix',
  missing: !existsSync(join(daemons, 'master'))
    ? 'it is not installed'
    : canBeRoot
      ? undefined
      : 'it can be started by root alone',
  async start() {
    const folder = await folderForAll('postfix')
    const port = await freePort()
    await writeFile(join(folder, 'main.cf'), mainCf(folder))
    await writeFile(join(folder, 'master.cf'), masterCf(port))
    for (const each of ['queue', 'data', 'mail']) await mkdir(join(folder, each))
    await chown(join(folder, 'mail'), uid, gid)
    // Its data belongs to its own user, which is known by name alone.
    run(['chown', 'postfix', join(folder, 'data')])
    const child = start([...asRoot, 'postfix', '-c', folder, 'start-fg'])
    await listening(port, child)
    return {
      port,
      messages: count => filesIn(join(folder, 'mail', 'all', 'new'), count),
      async stop() {
        run(['postfix', '-c', folder, 'stop'])
        await ended(child)
        run(['rm', '-r', folder])
      },
    }
  },
}

/** The folders that are mounted in it are seen by it alone, and are gone with it. */
const apart = ['unshare', '--mount']

export const openSmtpd: RealServerKind = {
  name: 'OpenSMTPD',
  missing: !existsSync('/usr/sbin/smtpctl')
    ? 'it is not installed'
    : !canBeRoot
      ? 'it can be started by root alone'
      : canRun([...apart, 'true'])
        ? undefined
        : 'root may not mount a folder here',
  async start() {
    const folder = await folderForAll('opensmtpd')
    const port = await freePort()
    await writeFile(join(folder, 'smtpd.conf'), smtpdConf(folder, port))
    for (const each of ['spool', 'run', 'mail']) await mkdir(join(folder, each))
    await chown(join(folder, 'mail'), uid, gid)
    // Where it has its queue and its socket is compiled in, and may be in use: ours are in their place for this one.
    const script =
      'mount --bind "$0/spool" /var/spool && mount --bind "$0/run" /run && exec smtpd -d -f "$0/smtpd.conf"'
    const child = start([...asRoot, ...apart, 'sh', '-c', script, folder])
    await listening(port, child)
    return {
      port,
      messages: count => filesIn(join(folder, 'mail', 'all', 'new'), count),
      async stop() {
        run(['kill', String(child.pid)])
        await ended(child)
        // What it was just delivering may still be written.
        await until('its folder is gone', async () => canRun(['rm', '-r', folder]))
      },
    }
  },
}

export const smtpSink: RealServerKind = {
  name: 'smtp-sink',
  missing: existsSync('/usr/sbin/smtp-sink') ? undefined : 'it is not installed',
  async start() {
    const folder = await folderForAll('smtp-sink')
    const port = await freePort()
    if (isRoot) await chown(folder, uid, gid)
    const user = isRoot ? ['-u', 'nobody'] : []
    const child = start(['/usr/sbin/smtp-sink', ...user, '-d', join(folder, 'mail.'), `127.0.0.1:${port}`, '100'])
    await listening(port, child)
    return {
      port,
      messages: count => filesIn(folder, count),
      async stop() {
        child.kill()
        await ended(child)
        await rm(folder, { recursive: true })
      },
    }
  },
}

const python = pythonWith('aiosmtpd')

export const aiosmtpd: RealServerKind = {
  name: 'aiosmtpd',
  missing: python === undefined ? 'python3 has no aiosmtpd' : undefined,
  async start() {
    const folder = await folderForAll('aiosmtpd')
    const port = await freePort()
    const child = start([python ?? '', '-c', aiosmtpdScript, String(port), folder])
    await listening(port, child)
    return {
      port,
      messages: count => filesIn(join(folder, 'new'), count),
      async stop() {
        child.kill()
        await ended(child)
        await rm(folder, { recursive: true })
      },
    }
  },
}

/** Keeps what came as it came, in a Maildir: written under `tmp`, then moved to `new`. */
const aiosmtpdScript = `
import asyncio, os, sys
from aiosmtpd.smtp import SMTP
port, folder = int(sys.argv[1]), sys.argv[2]
for name in ('tmp', 'new'):
    os.mkdir(os.path.join(folder, name))
class Maildir:
    count = 0
    async def handle_DATA(self, server, session, envelope):
        Maildir.count += 1
        name = str(Maildir.count)
        with open(os.path.join(folder, 'tmp', name), 'wb') as file:
            file.write(envelope.original_content)
        os.rename(os.path.join(folder, 'tmp', name), os.path.join(folder, 'new', name))
        return '250 2.0.0 Ok: queued as ' + name.zfill(8)
async def main():
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Maildir(), decode_data=False, enable_SMTPUTF8=True), '127.0.0.1', port)
    await server.serve_forever()
asyncio.run(main())
`

function mainCf(folder: string): string {
  return `compatibility_level = 3.6
command_directory = /usr/sbin
daemon_directory = ${daemons}
queue_directory = ${folder}/queue
data_directory = ${folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.receiver.example
mydestination =
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
virtual_mailbox_domains = example.org
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = static:all/
virtual_mailbox_limit = 0
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${gid}
virtual_minimum_uid = 1
smtpd_relay_restrictions = reject_unauth_destination
maillog_file = ${folder}/data/maillog
maillog_file_prefixes = ${folder}
`
}

/** Only what takes mail in and puts it into a mailbox; nothing here can send any. */
function masterCf(port: number): string {
  const services = [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    'pickup unix n - n 60 1 pickup',
    'cleanup unix n - n - 0 cleanup',
    'qmgr unix n - n 300 1 qmgr',
    'rewrite unix - - n - - trivial-rewrite',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'trace unix - - n - 0 bounce',
    'proxymap unix - - n - - proxymap',
    'anvil unix - - n - 1 anvil',
    'error unix - - n - - error',
    'retry unix - - n - - error',
    'virtual unix - n n - - virtual',
    'postlog unix-dgram n - n - 1 postlogd',
  ]
  return `${services.join('\n')}\n`
}

/** One mailbox for all; a match that names no other domain, so that it sends nothing on. */
function smtpdConf(folder: string, port: number): string {
  return `listen on 127.0.0.1 port ${port} hostname mail.receiver.example
table accounts { "all" = "${uid}:${gid}:${folder}/mail" }
table everyone { "@" = "all" }
action keep maildir "${folder}/mail/all" userbase <accounts> virtual <everyone>
match from any for domain "example.org" action keep
`
}
