import { STAGE_VERBS, stageDescriptor, stageSubject, toDescriptor } from '@gatehouse/contracts';
import { stageRequestFixture } from '@gatehouse/stage-kit/testing';
import { stages } from '@gatehouse/stages';
import { expect, it } from 'vitest';
import { problemOf, type ServiceHarness } from './service-harness.js';

/** Declares the tests of the bus protocol that every stage service passes (docs/spec/bus-protocol.md). */
export function describeStageProtocol(
  harness: () => ServiceHarness,
  { kinds, others }: { kinds: string[]; others: string[] },
) {
  const subjects = kinds.flatMap((kind) => STAGE_VERBS.map((verb) => stageSubject(kind, verb)));

  it.each(subjects)(
    'answers malformed requests on %s with a problem, so that the gateway does not wait',
    async (subject) => {
      for (const body of malformedRequests(subject))
        expect(problemOf(await harness().request(subject, body))).toBe('stage_bad_request');
    },
  );

  it('ignores unknown members of a request', async () => {
    const config = { backends: ['authentik.core.auth.InbuiltBackend'], invented: 1 };
    for (const kind of kinds) {
      const answer = await harness().request(`stage.${kind}.challenge`, {
        ...stageRequestFixture({ config }),
        invented: { later: true },
      });
      expect(problemOf(answer)).toBeUndefined();
    }
  });

  it('returns the descriptors of its stages', async () => {
    for (const kind of kinds) {
      const descriptor: unknown = await harness().request(`stage.${kind}.describe`, { v: 1 });
      expect(stageDescriptor.parse(descriptor)).toEqual(toDescriptor(stages[kind]!.contract));
    }
  });

  it('subscribes to the subjects of its own stages only', async () => {
    const foreign = [...others.map((kind) => `stage.${kind}.challenge`), ...kinds.map((kind) => `stage.${kind}.other`)];
    for (const subject of foreign)
      await expect(harness().request(subject, stageRequestFixture())).rejects.toThrow(/no responders/i);
  });
}

/** Returns bodies that are not JSON, not a request, of another protocol version, or incomplete. */
function malformedRequests(subject: string): unknown[] {
  const { step: _missing, ...incomplete } = stageRequestFixture();
  const others = [{ ...stageRequestFixture(), v: 2 }, incomplete, { ...stageRequestFixture(), config: 1 }];
  const nonsense = ['', '{', 'null', '[]', '7', '"x"', '{}'];
  return subject.endsWith('.describe') ? [...nonsense, { v: 2 }] : [...nonsense, ...others];
}
