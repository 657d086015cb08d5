import {
  describeRequest,
  type StageContract,
  type StageDescriptor,
  type StageProblem,
  toDescriptor,
} from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Returns the handler of `describe` requests, which replies with the descriptor of the contract. Builds the descriptor
 * at the first request: building takes a tenth of the start time of a service, and most services get no such request.
 */
export function describeHandler(contract: StageContract): (body: unknown) => StageDescriptor | StageProblem {
  let descriptor: StageDescriptor | undefined;
  return (body) => {
    const request = describeRequest.safeParse(body);
    if (request.success) return (descriptor ??= toDescriptor(contract));
    const detail = `the request is invalid: ${z.prettifyError(request.error)}`;
    return { problem: { code: 'stage_bad_request', detail } };
  };
}
