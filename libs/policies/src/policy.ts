import type { PolicyContract, PolicyRequest, PolicyResult } from '@gatehouse/contracts';
import type { Type } from '@nestjs/common';
import type { z } from 'zod';
import type { EvaluationContext } from './evaluation-context.js';

/** The verdict of a policy, with messages for the visitor. */
export interface PolicyOutcome {
  readonly pass: boolean;
  readonly messages?: readonly string[];
  /** The return value of an expression policy. */
  readonly value?: unknown;
}

/** The input of a policy. */
export interface PolicyInput<C extends PolicyContract = PolicyContract> {
  readonly name: string;
  readonly config: z.output<C['config']>;
  readonly request: PolicyRequest;
  /** The plan context, with the changes of earlier policies. */
  readonly facts: EvaluationContext;
  /** Aborted when the evaluation has ended or timed out. */
  readonly signal: AbortSignal;
  readonly timeLeftMs: () => number;
  /** Ids of the policies that this policy may call by name. */
  readonly calls: readonly string[];
  /** Evaluates another policy by name, with further variables. Throws UndecidedPolicyError for an unknown name. */
  readonly call: (name: string, variables: Readonly<Record<string, unknown>>) => Promise<PolicyResult>;
}

/** The implementation of a kind of policy. */
export interface Policy<C extends PolicyContract = PolicyContract> {
  /** Returns a verdict. Throws UndecidedPolicyError, or any other error, when it cannot decide. */
  evaluate(input: PolicyInput<C>): PolicyOutcome | Promise<PolicyOutcome>;
}

/** A kind of policy in the catalogue. */
export interface PolicyEntry {
  readonly contract: PolicyContract;
  /**
   * Imports the implementation. Only the policy service calls it, so that other processes do not load its dependencies.
   */
  readonly policy: () => Promise<Type<Policy>>;
}

/**
 * Thrown when a policy cannot decide, because of its config or its environment. The message is for the author of the
 * policy.
 */
export class UndecidedPolicyError extends Error {
  /** Messages for the visitor. */
  readonly messages: readonly string[];

  constructor(message: string, { messages = [], cause }: { messages?: readonly string[]; cause?: unknown } = {}) {
    super(message, { cause });
    this.messages = messages;
  }
}
