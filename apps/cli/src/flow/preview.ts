import { parseArgs } from 'node:util';
import { escapeUnprintable } from '@gatehouse/contracts';
import { sealPreviewLink } from '@gatehouse/executor';
import { baseUrlOf, CommandError } from '@gatehouse/local';
import type { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import type { CommandProcess } from '../command.js';
import { withSealedFlowDatabase } from '../sealed-flow-database.js';
import { findUser } from '../user/find-user.js';
import { FlowVersionRepository } from './flow-version.repository.js';

const USAGE =
  'usage: npm run flow -- preview SLUG VERSION --user USERNAME [--for 30m]   prints a link that runs a version of a flow as a test user';
const OPTIONS = { user: { type: 'string' }, for: { type: 'string', default: '30m' } } as const;
const VALIDITY = /^(\d{1,4})([mh])$/;
const MINUTE_MS = 60_000;
/** Longest validity of a link. The gateway's PREVIEW_MAX_S may shorten it. */
const MAX_MINUTES = 24 * 60;

interface PreviewArguments {
  readonly slug: string;
  readonly number: number;
  readonly username: string;
  readonly validMs: number;
}

/** Returns a link that runs a version of a flow in a superuser's browser (docs/spec/preview.md). */
export async function previewFlow(args: readonly string[], { env }: CommandProcess): Promise<string> {
  const parsed = parseArguments(args);
  const token = await withSealedFlowDatabase(env, (source, sealer) => tokenFor(parsed, source, sealer));
  return `${baseUrlOf(env)}/if/preview/${token}/`;
}

async function tokenFor({ slug, number, username, validMs }: PreviewArguments, source: DataSource, sealer: Sealer) {
  const version = await new FlowVersionRepository(source).find(slug, number);
  if (version === undefined)
    throw new CommandError(`The flow ${escapeUnprintable(slug)} has no version ${number}. Nothing was created.`);
  const user = await findUser(source, username);
  const now = Date.now();
  return sealPreviewLink(sealer, {
    ...{ v: 1, flow: slug, version, number, user: user.uuid },
    ...{ issued: new Date(now).toISOString(), expires: new Date(now + validMs).toISOString() },
  });
}

function parseArguments(args: readonly string[]): PreviewArguments {
  const { values, positionals } = readArguments(args);
  const [slug = '', version = '', ...rest] = positionals;
  if (slug === '' || rest.length > 0 || !/^\d{1,9}$/.test(version)) throw new CommandError(USAGE);
  if (values.user === undefined)
    throw new CommandError(`--user is missing. Name the user as whom the preview runs.\n${USAGE}`);
  return { slug, number: Number(version), username: values.user, validMs: validityOf(values.for) };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    throw new CommandError(`${(cause as Error).message}\n${USAGE}`, { cause });
  }
}

function validityOf(text: string): number {
  const [, amount, unit] = VALIDITY.exec(text) ?? [];
  const minutes = Number(amount) * (unit === 'h' ? 60 : 1);
  if (!(minutes >= 1 && minutes <= MAX_MINUTES))
    throw new CommandError('--for must be a time from 1m to 24h, such as 30m or 2h.');
  return minutes * MINUTE_MS;
}
