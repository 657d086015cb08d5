import { Problem } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ChangeOriginReader } from '../flow-changes/change-origin.reader.js';
import { FlowChangeClient } from '../flow-changes/flow-change.client.js';
import { FlowChangeAccessService } from '../flow-changes/flow-change-access.service.js';
import type { Principal } from '../http/auth/auth.service.js';
import type { FormFields } from '../http/zod-body.pipe.js';
import { PreviewLinkService } from '../previews/preview-link.service.js';
import { type Parsed, parseExpected, parseReason, parseRollout, typedFields } from './flow-change.form.js';
import type { FlowAction } from './flow-change.loader.js';
import { FLOW_PAGES_PATH } from './flow-page.context.js';
import { FlowVersionRepository } from './flow-version.repository.js';

/** A form that a superuser has sent. */
export interface SubmittedChange {
  readonly slug: string;
  readonly action: FlowAction;
  readonly version: number | undefined;
  readonly fields: FormFields;
  readonly request: FastifyRequest;
  readonly principal: Principal;
}

/** Carries out the changes that superusers submit in the forms of the pages about flows. */
@Injectable()
export class FlowChangeFormService {
  constructor(
    @Inject(FlowChangeClient) private readonly changes: FlowChangeClient,
    @Inject(FlowChangeAccessService) private readonly access: FlowChangeAccessService,
    @Inject(ChangeOriginReader) private readonly origins: ChangeOriginReader,
    @Inject(PreviewLinkService) private readonly previews: PreviewLinkService,
    @Inject(FlowVersionRepository) private readonly versions: FlowVersionRepository,
  ) {}

  /** Throws `proof_required` or `token_scope` unless the caller may carry out the action now. */
  requireAccess(action: FlowAction, principal: Principal): Promise<void> {
    return action === 'preview' ? this.previews.requireRecentLogin(principal) : this.access.require(principal);
  }

  /**
   * Carries out the change of a form. Returns the path of the next page, or the names of the invalid fields. Throws a
   * problem if the change is refused.
   */
  async submit(change: SubmittedChange): Promise<Parsed<string>> {
    await this.requireAccess(change.action, change.principal);
    return change.action === 'preview' ? this.preview(change) : this.release(change);
  }

  private async preview({ slug, version: number, fields }: SubmittedChange): Promise<Parsed<string>> {
    const version = number && (await this.versions.findId(slug, number));
    if (!number || !version) throw new Problem('flow_version_unknown');
    const { user = '' } = typedFields('preview', fields);
    const link = await this.previews.create({ flow: slug, version, number }, user.trim());
    return link === undefined ? { wrong: ['user'] } : { value: link };
  }

  private async release({ slug, action, version, fields, request }: SubmittedChange): Promise<Parsed<string>> {
    const typed = typedFields(action, fields);
    const [reason, rollout] = [parseReason(typed), action === 'rollout' ? parseRollout(typed) : undefined];
    const wrong = [rollout, reason].flatMap((parsed) => (parsed && 'wrong' in parsed ? parsed.wrong : []));
    if ('wrong' in reason || (rollout && 'wrong' in rollout)) return { wrong };
    const expected = parseExpected(fields);
    // The form must contain the versions that its page has shown. Without them, it is unknown which change the
    // superuser has confirmed.
    if (!expected) throw new Problem('flow_changed');
    const change = { slug, reason: reason.value, expected, origin: await this.origins.read(request) };
    if (action === 'rollback') return { value: donePath((await this.changes.rollback(change)).slug) };
    if (version === undefined) throw new Problem('flow_version_unknown');
    const versioned = { ...change, number: version };
    const { slug: changed } = rollout
      ? await this.changes.startRollout({ ...versioned, ...rollout.value })
      : await this.changes.publish(versioned);
    return { value: donePath(changed) };
  }
}

/** Returns the path of the flow's page. `done` makes the page report the state after the change. */
const donePath = (slug: string): string => `${FLOW_PAGES_PATH}${slug}/?done=1`;
