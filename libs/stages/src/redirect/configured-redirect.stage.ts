import { ask, deny, isLocalPath, isWebAddress, pass } from '@gatehouse/contracts';
import type { ChallengeInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { configuredRedirectContract } from './configured-redirect.contract.js';

type Contract = typeof configuredRedirectContract;
type Target = { readonly slug: string } | { readonly to: string };

/** Prefix of a `redirect_stage_target` that names a flow. */
const FLOW_SCHEME = 'ak-flow://';
const SLUG = /^[-\w]+$/;

/**
 * Redirects to a URL, or to another flow, which the gateway plans in the same session. A response passes the stage, but
 * a client that follows the redirect sends none.
 */
@Injectable()
export class ConfiguredRedirectStage implements Stage<Contract> {
  challenge({ config, context }: ChallengeInput<Contract>) {
    const configured = configuredTarget(config);
    const target = requestedTarget(context.redirect_stage_target) ?? configured;
    if (!target) return deny<Contract>({ message: { code: 'configured_redirect_no_target' } });
    if ('to' in target) return ask<Contract>({ to: target.to, final_redirect: false });
    const { slug } = target;
    const otherwise = configured === target ? undefined : configured;
    return ask<Contract>(
      { to: `/if/flow/${slug}/`, final_redirect: false },
      { effects: [{ type: 'enter_flow', slug, keep_context: config.keep_context, ...(otherwise && { otherwise }) }] },
    );
  }

  respond() {
    return pass<Contract>();
  }
}

function configuredTarget({ mode, target_static: to, target_flow: slug }: ChallengeInput<Contract>['config']) {
  if (mode === 'static') return to === '' ? undefined : { to };
  return slug === null ? undefined : { slug };
}

/**
 * Returns the target that a policy has set. Returns `undefined` if there is none, or if redirects to that URL are not
 * allowed, as for a script URL.
 */
function requestedTarget(target: string | undefined): Target | undefined {
  if (target === undefined) return undefined;
  if (!target.startsWith(FLOW_SCHEME)) return isLocalPath(target) || isWebAddress(target) ? { to: target } : undefined;
  const slug = target.slice(FLOW_SCHEME.length);
  return SLUG.test(slug) ? { slug } : undefined;
}
