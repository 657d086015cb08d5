import { CommandError } from '@gatehouse/local';
import type { Command } from './command.js';
import { drawFlow } from './flow/diagram.js';
import { compareVersions } from './flow/diff.js';
import { showFunnel } from './flow/funnel.js';
import { previewFlow } from './flow/preview.js';
import { publishVersion, rollBackFlow } from './flow/publish.js';
import { replayFlow } from './flow/replay.js';
import { showRollout } from './flow/show-rollout.js';
import { simulateFlow } from './flow/simulate.js';
import { traceFlow } from './flow/trace.js';
import { listVersions } from './flow/versions.js';

const SUBCOMMANDS: ReadonlyMap<string, Command['run']> = new Map<string, Command['run']>([
  ['trace', traceFlow],
  ['simulate', simulateFlow],
  ['funnel', showFunnel],
  ['replay', replayFlow],
  ['diagram', drawFlow],
  ['versions', listVersions],
  ['diff', compareVersions],
  ['publish', publishVersion],
  ['rollback', rollBackFlow],
  ['rollout', showRollout],
  ['preview', previewFlow],
]);

const USAGE = `usage: npm run flow -- trace PLAN_OR_REQUEST_ID [--json]        prints what happened in one run of a flow
       npm run flow -- simulate SLUG …                          lists all paths of a flow
       npm run flow -- funnel SLUG …                            shows where visitors of a flow stop
       npm run flow -- replay SLUG DRAFT [--since 7d] [--json]  tests a version with recorded runs
       npm run flow -- diagram SLUG [--version N]               draws a flow, as Mermaid text
       npm run flow -- versions SLUG [--json]                   lists the versions of a flow
       npm run flow -- diff SLUG FROM TO [--json]               compares two versions
       npm run flow -- publish SLUG [VERSION] [--reason TEXT]   makes a version current, by default the newest draft
       npm run flow -- publish SLUG [VERSION] --percent NUMBER [--guard completion=-2% [--for 1h]]
                                                                gives a version a share of the new plans
       npm run flow -- rollout SLUG [--json]                    shows the version that is being rolled out
       npm run flow -- rollback SLUG [--reason TEXT]            goes back to the version that was current before
       npm run flow -- preview SLUG VERSION --user USERNAME [--for 30m]
                                                                prints a link that runs a version as a test user`;

/** `npm run flow`: shows the runs and the versions of a flow, and publishes versions. */
export const flowCommand: Command = {
  name: 'flow',
  usage: USAGE,
  run: async ([name = '', ...args], process) => {
    const subcommand = SUBCOMMANDS.get(name);
    if (!subcommand) throw new CommandError(USAGE);
    return subcommand(args, process);
  },
};
