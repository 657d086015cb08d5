import { STAGE_VERBS, stageDescriptor, stageSubject, toDescriptor } from '@gatehouse/contracts';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { stages } from '@gatehouse/stages';
import { expect, it } from 'vitest';
import { problemOf, type ServiceHarness } from './service-harness.js';

/** What every service owes to whatever arrives on its subjects, and to the subjects of others. */
export function followsTheProtocol(
  bench: () => ServiceHarness,
  { kinds, others }: { kinds: string[]; others: string[] },
) {
  const subjects = kinds.flatMap((kind) => STAGE_VERBS.map((verb) => stageSubject(kind, verb)));

  it.each(subjects)('answers what is no request on %s, instead of letting the asker wait', async (subject) => {
    for (const body of noRequests(subject))
      expect(problemOf(await bench().ask(subject, body))).toBe('stage_bad_request');
  });

  it('ignores members that it does not know', async () => {
    const config = { backends: ['authentik.core.auth.InbuiltBackend'], invented: 1 };
    for (const kind of kinds) {
      const answer = await bench().ask(`stage.${kind}.challenge`, {
        ...stageRequestFixture({ config }),
        invented: { later: true },
      });
      expect(problemOf(answer)).toBeUndefined();
    }
  });

  it('says what it is', async () => {
    for (const kind of kinds) {
      const descriptor: unknown = await bench().ask(`stage.${kind}.describe`, { v: 1 });
      expect(stageDescriptor.parse(descriptor)).toEqual(toDescriptor(stages[kind]!.contract));
    }
  });

  it('serves the subjects of its kinds and no other', async () => {
    const foreign = [...others.map((kind) => `stage.${kind}.challenge`), ...kinds.map((kind) => `stage.${kind}.other`)];
    for (const subject of foreign)
      await expect(bench().ask(subject, stageRequestFixture())).rejects.toThrow(/no responders/i);
  });
}

/** Bytes that are no JSON, JSON that is no request, and requests of another version or without all that belongs to one. */
function noRequests(subject: string): unknown[] {
  const { step: _missing, ...incomplete } = stageRequestFixture();
  const others = [{ ...stageRequestFixture(), v: 2 }, incomplete, { ...stageRequestFixture(), config: 1 }];
  const nonsense = ['', '{', 'null', '[]', '7', '"x"', '{}'];
  return subject.endsWith('.describe') ? [...nonsense, { v: 2 }] : [...nonsense, ...others];
}
