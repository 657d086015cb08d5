import { readFileSync } from 'node:fs';
import { STAGE_VERBS, stageSubject } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import type { Document } from './markdown.js';

const PATH = 'deploy/nats/nats.conf';
/** A block of the file that lists the subjects of the stages of one NATS user, between two comments. */
const BLOCK = /( *)# Stages of (\w+),[^\n]*\n[^]*?# End of the stages\.\n/g;

const sorted = Object.values(stages)
  .map(({ contract }) => contract)
  .sort((a, b) => (a.kind < b.kind ? -1 : 1));

/**
 * Returns the subjects of a NATS user. A service subscribes to the subjects of its own stages. The checker must not
 * call any of these stages.
 */
const subjectsOf = (user: string): string[][] =>
  user === 'checker'
    ? sorted.map(({ kind }) => [`stage.${kind}.*`])
    : sorted
        .filter(({ service }) => service === user)
        .map(({ kind }) => STAGE_VERBS.map((verb) => `${stageSubject(kind, verb)} ${kind}`));

function block(indent: string, user: string): string {
  const lines = subjectsOf(user).map((subjects) => `${subjects.map((subject) => `"${subject}"`).join(', ')},`);
  const comments = [`# Stages of ${user}, written by npm run docs.`, '# End of the stages.'] as const;
  return [comments[0], ...lines, comments[1]].map((line) => `${indent}${line}\n`).join('');
}

/** The permissions of the NATS users, with the subjects of all stages of the catalogue. */
export const documents: readonly Document[] = [
  {
    path: PATH,
    text: readFileSync(PATH, 'utf8').replace(BLOCK, (_, indent: string, user: string) => block(indent, user)),
  },
];
