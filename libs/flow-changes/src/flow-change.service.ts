import { checkBlueprints, describeChanges, type ReleaseResult, type Report } from '@gatehouse/blueprints';
import type { FlowChangeOperation, FlowChangeRequest, FlowChangeResult, SentBlueprint } from '@gatehouse/contracts';
import { decompressText } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import {
  type BlueprintRunRequest,
  FlowDefinitionRepository,
  type SyntaxChecker,
} from './flow-definition.repository.js';
import { presentRollout } from './rollout.presenter.js';

/**
 * Largest size of a blueprint in memory, in bytes. The actual limit is 1 MiB, with a better error message
 * (`readDocument`).
 */
const MAX_BLUEPRINT_BYTES = 2 * 1024 * 1024;

/** Injection token of the service that checks the syntax of Python expressions. */
export const SYNTAX_CHECKER = Symbol('syntax checker');

type Operations = { [E in FlowChangeOperation]: (request: FlowChangeRequest<E>) => Promise<FlowChangeResult<E>> };

/** Carries out the changes and queries of flows that the gateway requests. */
@Injectable()
export class FlowChangeService implements Operations {
  constructor(
    @Inject(FlowDefinitionRepository) private readonly flows: FlowDefinitionRepository,
    @Inject(SYNTAX_CHECKER) private readonly syntax: SyntaxChecker,
  ) {}

  async check({ blueprint, timeout_ms }: FlowChangeRequest<'check'>): Promise<FlowChangeResult<'check'>> {
    const { file, env } = await runRequest(blueprint, timeout_ms);
    const { apiVersion } = this.flows;
    const settings = { library: async () => undefined, env, syntax: this.syntax, apiVersion };
    const found = await checkBlueprints({ files: [file], ...settings });
    const findings = found.map(({ severity, rule, text, line, entry }) => ({
      ...{ severity, rule, text, line: line ?? null, entry: entry?.number ?? null },
    }));
    const count = (wanted: 'error' | 'warning') => found.filter(({ severity }) => severity === wanted).length;
    return { errors: count('error'), warnings: count('warning'), findings };
  }

  async compare({ blueprint, timeout_ms }: FlowChangeRequest<'compare'>): Promise<FlowChangeResult<'compare'>> {
    return toReport(await this.flows.compare(await runRequest(blueprint, timeout_ms)));
  }

  async apply({ blueprint, timeout_ms, origin }: FlowChangeRequest<'apply'>): Promise<FlowChangeResult<'apply'>> {
    return toReport(await this.flows.apply(await runRequest(blueprint, timeout_ms), origin));
  }

  async draft({ blueprint, timeout_ms, origin }: FlowChangeRequest<'draft'>): Promise<FlowChangeResult<'draft'>> {
    const { files, drafts, leftOut } = await this.flows.draft(await runRequest(blueprint, timeout_ms), origin);
    return {
      drafts: drafts.map(({ slug, number, isNew }) => ({ slug, number, new: isNew })),
      left_out: leftOut,
      warnings: files.flatMap(({ warnings }) => warnings),
    };
  }

  async versions({ slug }: FlowChangeRequest<'versions'>): Promise<FlowChangeResult<'versions'>> {
    const { isHeld, versions } = await this.flows.releases().versions(slug);
    return {
      slug,
      held: isHeld,
      versions: versions.map(({ isCompiled, ...rest }) => ({ ...rest, compiled: isCompiled })),
    };
  }

  async diff({ slug, from, to }: FlowChangeRequest<'diff'>): Promise<FlowChangeResult<'diff'>> {
    const changes = await this.flows.releases().diff(slug, from, to);
    return { slug, from, to, differences: describeChanges(changes).map((text) => ({ text })), changes };
  }

  async publish({ slug, number, ...request }: FlowChangeRequest<'publish'>): Promise<FlowChangeResult<'publish'>> {
    const { reason, expected } = request;
    return toRelease(await this.flows.releases(toChange(request)).publish(slug, number, { reason, expected }));
  }

  async rollback({ slug, ...request }: FlowChangeRequest<'rollback'>): Promise<FlowChangeResult<'rollback'>> {
    const { reason, expected } = request;
    return toRelease(await this.flows.releases(toChange(request)).rollback(slug, { reason, expected }));
  }

  async startRollout(request: FlowChangeRequest<'startRollout'>): Promise<FlowChangeResult<'startRollout'>> {
    const { slug, number, share, reason, expected } = request;
    const guard = request.guard && { margin: request.guard.margin, watchS: request.guard.watch_s };
    return presentRollout(
      await this.flows.startRollout({ slug, number, share, guard, reason, expected }, toChange(request)),
    );
  }

  async rollout({ slug }: FlowChangeRequest<'rollout'>): Promise<FlowChangeResult<'rollout'>> {
    return presentRollout(await this.flows.findRollout(slug));
  }

  async export({ slug }: FlowChangeRequest<'export'>): Promise<FlowChangeResult<'export'>> {
    return { blueprint: await this.flows.export(slug) };
  }
}

async function runRequest({ name, text, env }: SentBlueprint, timeoutMs: number): Promise<BlueprintRunRequest> {
  return { file: { name, text: await decompressText(text, MAX_BLUEPRINT_BYTES) }, env, timeoutMs };
}

const toChange = ({ timeout_ms: timeoutMs, origin }: Pick<FlowChangeRequest<'publish'>, 'timeout_ms' | 'origin'>) => ({
  timeoutMs,
  origin,
});

const toRelease = ({ slug, number, before, isHeld, stoppedRollout }: ReleaseResult) => ({
  ...{ slug, number, before, held: isHeld },
  ...(stoppedRollout !== undefined && { stopped_rollout: stoppedRollout }),
});

const toReport = ({ files, published, held, isChanged }: Report): FlowChangeResult<'apply'> => ({
  changed: isChanged,
  changes: files.flatMap(({ changes }) => changes),
  warnings: files.flatMap(({ warnings }) => warnings),
  published: published.map(({ slug, number }) => ({ slug, number })),
  held: held.map(({ slug, number }) => ({ slug, number })),
});
