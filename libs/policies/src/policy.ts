import type { PolicyContract, PolicyRequest, PolicyResult } from '@gatehouse/contracts';
import type { Type } from '@nestjs/common';
import type { z } from 'zod';
import type { EvaluationContext } from './evaluation-context.js';

/** The result of a policy, with messages for the visitor. */
export interface PolicyOutcome {
  readonly pass: boolean;
  readonly messages?: readonly string[];
  /** The value that an expression has returned. */
  readonly value?: unknown;
}

/**
 * What a policy gets for one evaluation: its config, the request, and means to stop in time and to call other policies.
 */
export interface PolicyInput<C extends PolicyContract = PolicyContract> {
  readonly name: string;
  readonly config: z.output<C['config']>;
  readonly request: PolicyRequest;
  /** The plan's facts, with the changes of the policies before. */
  readonly facts: EvaluationContext;
  /** Aborted when the evaluation ends or its time is over. */
  readonly signal: AbortSignal;
  readonly timeLeftMs: () => number;
  /** Ids of the policies that this policy may call. */
  readonly calls: readonly string[];
  /**
   * Evaluates another policy by name. `variables` are added to what that policy sees. Throws UndecidedPolicyError for
   * an unknown name.
   */
  readonly call: (name: string, variables: Readonly<Record<string, unknown>>) => Promise<PolicyResult>;
}

/** The implementation of a kind of policy. */
export interface Policy<C extends PolicyContract = PolicyContract> {
  /**
   * Returns whether the policy passes. If it throws UndecidedPolicyError or any other error, it counts as undecided.
   */
  evaluate(input: PolicyInput<C>): PolicyOutcome | Promise<PolicyOutcome>;
}

/** An entry of the catalogue of policies: the contract of a kind, and how to load its implementation. */
export interface PolicyEntry {
  readonly contract: PolicyContract;
  /**
   * Imports the implementation. Only the policy service calls this, so that other processes do not load its
   * dependencies.
   */
  readonly policy: () => Promise<Type<Policy>>;
}

/**
 * Thrown if a policy cannot decide, because of its config or its environment. The message is for the author of the
 * policy, not for visitors.
 */
export class UndecidedPolicyError extends Error {
  /** Messages for the visitor. */
  readonly messages: readonly string[];

  constructor(message: string, { messages = [], cause }: { messages?: readonly string[]; cause?: unknown } = {}) {
    super(message, { cause });
    this.messages = messages;
  }
}
