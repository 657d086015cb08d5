import {
  ask,
  deny,
  type Errors,
  type PlanContext,
  pass,
  reject,
  type SavedUser,
  type StageErrors,
  type StageOutcome,
  seconds,
} from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { userLoginContract } from './user-login.contract.js';

type Contract = typeof userLoginContract;

/** Who let a user in when no stage says so (docs/spec/stages.md#login). */
const DEFAULT_BACKEND = 'authentik.core.auth.InbuiltBackend';

/** Logs the pending user in: at once, or after asking whether to remember the browser. */
@Injectable()
export class UserLoginStage implements Stage<Contract> {
  challenge(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    return asks(input) ? withSavedUser(input, () => ask<Contract>({})) : this.login(input, false);
  }

  respond(input: RespondInput<Contract>): StageOutcome<Contract> {
    return this.login(input, asks(input) && input.response.remember_me);
  }

  /** A login that asks nothing takes any body. */
  refuse(input: ChallengeInput<Contract>, errors: Errors): StageOutcome<Contract> {
    if (!asks(input)) return this.login(input, false);
    return withSavedUser(input, () => reject<Contract>(errors as StageErrors<Contract>));
  }

  private login(input: ChallengeInput<Contract>, remember: boolean): StageOutcome<Contract> {
    const { config, context } = input;
    return withSavedUser(input, (user) =>
      pass<Contract>({
        effects: [
          {
            type: 'login',
            user: user.uuid,
            backend: context.user_backend ?? DEFAULT_BACKEND,
            duration_s: durationOf(config, remember),
            bindings: { network: config.network_binding, geoip: config.geoip_binding },
            terminate_other_sessions: config.terminate_other_sessions,
            second_factor: isDeviceProved(context),
          },
          { type: 'event', action: 'login', context: loginEventContext(context) },
          { type: 'reputation', identifier: user.username, delta: 1 },
          // A source shows a greeting of its own.
          ...(context.source ? [] : [{ type: 'toast', level: 'success', message: 'Successfully logged in!' } as const]),
        ],
      }),
    );
  }
}

const asks = ({ config }: ChallengeInput<Contract>) => seconds(config.remember_me_offset) > 0;

/** Only a saved, active user can be logged in; anybody else is denied without a reason (docs/spec/stages.md#login). */
function withSavedUser(
  { context }: ChallengeInput<Contract>,
  then: (user: SavedUser) => StageOutcome<Contract>,
): StageOutcome<Contract> {
  const user = context.pending_user;
  return user?.kind === 'saved' && user.is_active ? then(user) : deny<Contract>();
}

/** Seconds until the session ends; null: with the browser. */
function durationOf(config: ChallengeInput<Contract>['config'], remember: boolean): number | null {
  const duration = seconds(config.session_duration) + (remember ? seconds(config.remember_me_offset) : 0);
  return duration > 0 ? duration : null;
}

/**
 * Whether a device was proved on the way: a stage that is convinced by one says which (docs/spec/mfa.md#mfa-context).
 */
function isDeviceProved({ auth_method_args }: PlanContext): boolean {
  const devices = auth_method_args?.['mfa_devices'];
  return Array.isArray(devices) && devices.length > 0;
}

/** How the user proved themselves, as far as the plan knows. */
function loginEventContext({ auth_method, auth_method_args, source }: PlanContext) {
  return {
    ...(auth_method === undefined ? {} : { auth_method }),
    ...(auth_method_args === undefined ? {} : { auth_method_args }),
    ...(source === undefined ? {} : { source }),
  };
}
