import { readFileSync } from 'node:fs';
import { blueprintCommand } from '../../apps/cli/src/blueprint.command.js';
import { breachListCommand } from '../../apps/cli/src/breach-list.command.js';
import { checkStageCommand } from '../../apps/cli/src/check-stage.command.js';
import type { Command } from '../../apps/cli/src/command.js';
import { databaseCommand } from '../../apps/cli/src/database.command.js';
import { WEBHOOKS_USAGE } from '../../apps/cli/src/events/webhook-deliveries.js';
import { eventsCommand } from '../../apps/cli/src/events.command.js';
import { FUNNEL_USAGE } from '../../apps/cli/src/flow/funnel.js';
import { PUBLISH_USAGE } from '../../apps/cli/src/flow/publish.js';
import { SIMULATE_USAGE } from '../../apps/cli/src/flow/simulate.js';
import { flowCommand } from '../../apps/cli/src/flow.command.js';
import { keysCommand } from '../../apps/cli/src/keys.command.js';
import { mailCommand } from '../../apps/cli/src/mail.command.js';
import { migrateCommand } from '../../apps/cli/src/migrate.command.js';
import { rolesCommand } from '../../apps/cli/src/roles.command.js';
import { userCommand } from '../../apps/cli/src/user.command.js';
import { type Document, page } from './markdown.js';

interface CommandSection {
  readonly command: Command;
  readonly about: string;
  /** Usages of subcommands that the usage of the command shortens. */
  readonly more?: readonly string[];
}

/** All commands, by the name of their program in `dist/apps/cli/src`. */
const SECTIONS: Readonly<Record<string, CommandSection>> = {
  blueprint: {
    command: blueprintCommand,
    about: 'Applies, compares, checks and exports [blueprints](blueprints.md).',
  },
  flow: {
    command: flowCommand,
    about:
      'Shows the runs and the versions of a flow, and publishes versions ([change a flow safely](../how-to/change-a-flow-safely.md), ' +
      '[simulation](../spec/simulation.md), [help a user](../how-to/help-a-user.md)).',
    more: [SIMULATE_USAGE, FUNNEL_USAGE, PUBLISH_USAGE],
  },
  user: {
    command: userCommand,
    about: 'Creates, imports, changes and deletes users ([manage users](../how-to/manage-users.md)).',
  },
  mail: {
    command: mailCommand,
    about: 'Retries and removes mails that the courier has given up ([send mail](../how-to/send-mail.md)).',
  },
  events: {
    command: eventsCommand,
    about:
      'Exports audit events, and manages where they go ([collect audit events](../how-to/audit-events.md), [webhooks](../how-to/webhooks.md)).',
    more: [WEBHOOKS_USAGE],
  },
  keys: {
    command: keysCommand,
    about: 'Seals stored values with the current keys ([rotate secrets](../how-to/rotate-secrets.md)).',
  },
  database: {
    command: databaseCommand,
    about: 'Prepares a restored database ([back up and restore](../how-to/back-up-and-restore.md)).',
  },
  migrate: {
    command: migrateCommand,
    about:
      'Waits for Postgres, and brings all schemas up to date. `--check` names the missing migrations and changes nothing, `--down` ' +
      'undoes those that the version before can live without ([upgrade](../how-to/upgrade.md)).',
  },
  roles: {
    command: rolesCommand,
    about:
      'Creates the Postgres roles of the services in the database of `DATABASE_URL`. A deployment runs it after `migrate` ([deploy](../how-to/deploy.md)).',
  },
  'breach-list': {
    command: breachListCommand,
    about: 'Writes the list of breached passwords that [password policies](policies.md) read.',
  },
  'check-stage': {
    command: checkStageCommand,
    about:
      'Checks that a running stage keeps the protocol ([write a stage in another language](../how-to/write-a-stage-in-another-language.md)).',
  },
};

function section({ command, about, more = [] }: CommandSection): string[] {
  return [`## ${command.name}`, about, ...[command.usage, ...more].map((usage) => `\`\`\`text\n${usage}\n\`\`\``)];
}

/** Throws if a script of package.json runs a command that the page lacks, or if no script runs a command of the page. */
function checkComplete(): void {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const run = Object.values(scripts).flatMap((script) => /^node tools\/run\.mjs ([\w-]+)/.exec(script)?.[1] ?? []);
  const missing = run.filter((name) => !(name in SECTIONS));
  if (missing.length > 0) throw new Error(`tools/docs/commands.ts lacks the commands ${missing.join(', ')}`);
  const withoutScript = Object.keys(SECTIONS).filter((name) => !run.includes(name));
  if (withoutScript.length > 0) throw new Error(`package.json has no script for ${withoutScript.join(', ')}`);
}

checkComplete();

/** The page of all commands of operators. */
export const documents: readonly Document[] = [
  page('docs/reference/commands.md', [
    '# Commands',
    'In a checkout, run `npm run NAME -- ARGUMENTS` as the usages below say; `--help` prints them. In the image, run ' +
      '`dist/apps/cli/src/NAME.js ARGUMENTS`, with compose by `docker compose run --rm operator` ' +
      '([on Kubernetes](../how-to/deploy-on-kubernetes.md#run-a-command)).',
    'A command uses the database of `DATABASE_URL`, without it that of `npm start`. It ends with code 0; with 1 after a mistake, ' +
      'which it explains in one sentence, and when it has found what it was asked to look for. `…` follows what may be repeated, ' +
      '`[ ]` encloses what may be left out, `|` separates alternatives.',
    ...Object.values(SECTIONS).flatMap(section),
  ]),
];
