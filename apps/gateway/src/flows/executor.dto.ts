import { challengeBody, responseBody, systemChallenges, type WireShape } from '@gatehouse/contracts';
import { systemResponses, wireShapes } from '@gatehouse/stages';
import { z } from 'zod';

const byComponent = (shapes: readonly WireShape[], body: (shape: WireShape) => z.ZodObject) =>
  Object.fromEntries(
    shapes.toSorted((a, b) => (a.component < b.component ? -1 : 1)).map((shape) => [shape.component, body(shape)]),
  );

/** A response of the executor: a challenge, or the end of the flow. */
export const challengeTypes = z
  .unknown()
  .meta({ id: 'ChallengeTypes', by_component: byComponent([...wireShapes, ...systemChallenges], challengeBody) });

/** An answer to a challenge. */
export const flowChallengeResponse = z.unknown().meta({
  id: 'FlowChallengeResponseRequest',
  by_component: byComponent([...wireShapes, ...systemResponses], responseBody),
});
