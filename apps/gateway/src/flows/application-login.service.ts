import { type PlanContext, Problem } from '@gatehouse/contracts';
import { BrandStore } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { HttpExchange } from '../http/exchange.js';
import { loginPath } from '../sessions/step-up.js';
import { FlowService } from './flow.service.js';
import type { FlowRequestParams } from './flow-request.reader.js';

/** An anonymous visitor who wants to use an application. */
export interface ApplicationVisit extends Pick<FlowRequestParams, 'query' | 'crossSite'> {
  readonly application: NonNullable<PlanContext['application']>;
  /** Slug of the flow in which visitors log in for the application. Default: the brand's login flow. */
  readonly slug: string | undefined;
}

/** Problems that are ignored: the login continues without the fact `application`, and its page handles the cause. */
const PASSED_OVER: readonly Problem['code'][] = ['stage_busy', 'not_authenticated', 'not_found'];

/** Starts logins that lead to an application (docs/spec/executor.md#application). */
@Injectable()
export class ApplicationLoginService {
  constructor(
    @Inject(FlowService) private readonly flows: FlowService,
    @Inject(BrandStore) private readonly brands: BrandStore,
  ) {}

  /**
   * Starts the login of an anonymous visitor with the fact `application`, and returns the address of its page. A
   * running login for the same application continues. Throws `flow_not_applicable` if the flow does not admit the
   * visitor, and `rate_limited`.
   */
  async begin(exchange: HttpExchange, { application, query, crossSite, ...given }: ApplicationVisit): Promise<string> {
    const slug = given.slug ?? (await this.brands.find(exchange.request.host)).flowsByPurpose.authentication;
    const page = `${loginPath(slug)}?${new URLSearchParams(query).toString()}`;
    if (slug === undefined) return page;
    const options = { visitor: undefined, context: { application }, keepsSession: true, continues: true };
    await this.flows.begin(exchange, { slug, query, crossSite }, options).catch((error: unknown) => {
      if (!(error instanceof Problem) || !PASSED_OVER.includes(error.code)) throw error;
    });
    return page;
  }
}
