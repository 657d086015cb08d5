import {
  describeRequest,
  type StageContract,
  type StageDescriptor,
  type StageProblem,
  toDescriptor,
} from '@gatehouse/contracts';
import { z } from 'zod';

/** Returns the handler of `describe` requests, which replies with the descriptor of the contract. */
export function describeHandler(contract: StageContract): (body: unknown) => StageDescriptor | StageProblem {
  const descriptor = toDescriptor(contract);
  return (body) => {
    const request = describeRequest.safeParse(body);
    if (request.success) return descriptor;
    const detail = `the request is invalid: ${z.prettifyError(request.error)}`;
    return { problem: { code: 'stage_bad_request', detail } };
  };
}
