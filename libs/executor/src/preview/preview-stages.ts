import {
  defineStage,
  Problem,
  type StageContract,
  type StageReply,
  type StageRequest,
  type StageVerb,
} from '@gatehouse/contracts';
import type { FlowVersion } from '@gatehouse/plan';
import { z } from 'zod';
import { StageClient, StageContractRegistry } from '../ports/clients.js';
import type { PreviewNotes } from './preview-notes.js';

/**
 * The service name in the contracts of stages that previews leave out. No real service has an empty name, so these
 * stages are never called.
 */
const LEFT_OUT = '';

/**
 * Returns a contract in place of that of a left-out stage. Its step shows its name, accepts every answer, and has no
 * effects.
 */
const standInFor = ({ kind, model }: StageContract): StageContract =>
  defineStage({
    ...{ kind, model, component: 'ak-stage-dummy', service: LEFT_OUT, acts: false },
    ...{ config: z.object({}), state: z.object({}), response: z.object({}) },
    challenge: z.object({ name: z.string() }),
  });

/**
 * The contracts of stages in previews. If a contract declares no `preview`, as with every external stage, the preview
 * leaves the stage out: this class returns a contract without rights instead.
 */
export class PreviewContractRegistry extends StageContractRegistry {
  constructor(private readonly contracts: StageContractRegistry) {
    super();
  }

  find(kind: string, version: FlowVersion): StageContract | undefined {
    const contract = this.contracts.find(kind, version);
    return contract && (contract.preview ? contract : standInFor(contract));
  }

  hasComponent(component: string, version: FlowVersion): boolean {
    return this.contracts.hasComponent(component, version);
  }

  isSecretField(field: string, version?: FlowVersion): boolean {
    return this.contracts.isSecretField(field, version);
  }

  ownFact(name: string, version: FlowVersion) {
    return this.contracts.ownFact(name, version);
  }

  proofSteps() {
    return this.contracts.proofSteps();
  }
}

/** Sends a preview's requests to the stages that may run in previews, for the test user only. */
export class PreviewStageClient extends StageClient {
  constructor(
    private readonly stages: StageClient,
    private readonly user: string,
    private readonly notes: PreviewNotes,
  ) {
    super();
  }

  /** Throws `stage_fault` if the stage names another user than the test user. */
  async send(contract: StageContract, verb: StageVerb, request: StageRequest): Promise<StageReply> {
    const { preview } = contract;
    if (!preview) return this.standIn(contract, verb, request);
    const isLeftOut = preview.leaves_out?.(request.config) || (preview.changes_user && !this.isAboutTestUser(request));
    if (isLeftOut) return this.leaveOut(contract, request);
    this.noteReplacement(contract, verb, request);
    const config = preview.config?.(request.config) ?? request.config;
    const reply = await this.stages.send(contract, verb, { ...request, config, preview: { user: this.user } });
    const named = 'context' in reply ? reply.context?.['pending_user'] : undefined;
    if (isOtherSavedUser(named, this.user))
      throw new Problem('stage_fault', { detail: 'The preview knows only its test user.' });
    return reply;
  }

  private noteReplacement({ kind, preview }: StageContract, verb: StageVerb, { step, config }: StageRequest) {
    const replaced = verb === 'challenge' ? preview?.replaces?.(config) : undefined;
    if (replaced) this.notes.addReplaced({ step: step.name, kind, ...replaced });
  }

  private standIn({ kind }: StageContract, verb: StageVerb, { step }: StageRequest): StageReply {
    if (verb === 'respond') return { type: 'passed' };
    this.notes.addLeftOut({ step: step.name, kind });
    return { type: 'challenge', challenge: { name: step.name } };
  }

  /** Passes a step without calling its stage, because the stage would write to another user than the test user. */
  private leaveOut({ kind }: StageContract, { step }: StageRequest): StageReply {
    this.notes.addLeftOut({ step: step.name, kind });
    return { type: 'passed' };
  }

  private isAboutTestUser({ context, session }: StageRequest): boolean {
    const about = context['pending_user'] ?? session.user;
    return isSavedUser(about) && about.uuid === this.user;
  }
}

const isSavedUser = (value: unknown): value is { readonly kind: 'saved'; readonly uuid: string } =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'saved' && 'uuid' in value;

const isOtherSavedUser = (value: unknown, user: string) => isSavedUser(value) && value.uuid !== user;
