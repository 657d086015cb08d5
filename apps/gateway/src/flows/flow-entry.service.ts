import { Problem, sentence } from '@gatehouse/contracts';
import { denial, type FlowRequest, type FlowResponse, type FlowResult, FlowStarter } from '@gatehouse/executor';
import type { Plan } from '@gatehouse/plan';
import { Inject, Injectable } from '@nestjs/common';
import { withQuery } from '../http/query.js';

const NO_TARGET = sentence("No target found for Redirect stage. The stage's target_flow may have been deleted.");

/** Plans the flow to which a redirect stage leads (docs/spec/stages.md#configured-redirect). */
@Injectable()
export class FlowEntryService {
  constructor(@Inject(FlowStarter) private readonly starter: FlowStarter) {}

  /**
   * Returns the response. If its redirect stage leads to another flow, plans that flow and returns a redirect to its
   * page, with the query of the redirecting plan. Returns a denial if that flow does not apply to the visitor, and any
   * other problem as a result.
   */
  async enter(request: FlowRequest, response: FlowResponse): Promise<FlowResponse> {
    const { redirectingPlan: from, result, effects } = response;
    if (!effects.entry || !from || result.type !== 'show') return response;
    const { slug, otherwise } = effects.entry;
    try {
      const to = await this.plan(request, response, from, slug).catch((error: unknown) => {
        if (!isUnknownFlow(error)) throw error;
        if (!otherwise) return undefined;
        return 'to' in otherwise ? otherwise.to : this.plan(request, response, from, otherwise.slug);
      });
      return { ...response, result: to === undefined ? denied(NO_TARGET) : leadingTo(result, to) };
    } catch (error) {
      if (isUnknownFlow(error)) return { ...response, result: denied(NO_TARGET) };
      if (error instanceof Problem && error.code === 'flow_not_applicable')
        return { ...response, result: denied(undefined) };
      if (error instanceof Problem) return { ...response, result: { type: 'problem', problem: error } };
      throw error;
    }
  }

  /** Plans the flow and returns the path of its page. */
  private async plan(request: FlowRequest, response: FlowResponse, from: Plan, slug: string): Promise<string> {
    const query = { ...from.query, ...(from.next !== undefined && { next: from.next }) };
    const { version, effects, sessionUser: visitor } = response;
    const redirect = { from, flow: version.flow, keepsContext: effects.entry?.keep_context === true };
    await this.starter.start(
      { ...request, slug, query, queryNames: [], answer: undefined },
      { visitor, context: {}, redirect },
    );
    return withQuery(`/if/flow/${slug}/`, query);
  }
}

const isUnknownFlow = (error: unknown) => error instanceof Problem && error.code === 'not_found';

const denied = (message: typeof NO_TARGET | undefined): FlowResult => denial(message);

const leadingTo = (result: Extract<FlowResult, { type: 'show' }>, to: string): FlowResult => ({
  ...result,
  challenge: { ...result.challenge, to },
});
