import {
  describeRequest,
  type StageContract,
  type StageDescriptor,
  type StageProblem,
  toDescriptor,
} from '@gatehouse/contracts';
import { z } from 'zod';

/**
 * Returns the handler of `describe` requests, which replies with the descriptor of the contract. Makes the descriptor at
 * the first request, because that takes as long as a tenth of the start of a service, and few services are asked.
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
