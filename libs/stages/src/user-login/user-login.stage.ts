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
  sentence,
  toast,
} from '@gatehouse/contracts';
import type { ChallengeInput, RespondInput, Stage } from '@gatehouse/stage-kit';
import { Injectable } from '@nestjs/common';
import type { userLoginContract } from './user-login.contract.js';

type Contract = typeof userLoginContract;

/** Authentication backend that a login records if no stage has set `user_backend` (docs/spec/stages.md#login). */
const DEFAULT_BACKEND = 'authentik.core.auth.InbuiltBackend';

/** Logs the pending user in. If the config offers it, first asks whether to remember the browser. */
@Injectable()
export class UserLoginStage implements Stage<Contract> {
  challenge(input: ChallengeInput<Contract>): StageOutcome<Contract> {
    return offersRemember(input) ? withSavedUser(input, () => ask<Contract>({})) : this.login(input, false);
  }

  respond(input: RespondInput<Contract>): StageOutcome<Contract> {
    return this.login(input, offersRemember(input) && input.response.remember_me);
  }

  /**
   * Rejects a response with invalid fields. If the stage shows no challenge, because the config does not offer to
   * remember the browser, ignores the errors and logs the user in.
   */
  refuse(input: ChallengeInput<Contract>, errors: Errors): StageOutcome<Contract> {
    if (!offersRemember(input)) return this.login(input, false);
    return withSavedUser(input, () => reject<Contract>(errors as StageErrors<Contract>));
  }

  private login(input: ChallengeInput<Contract>, remember: boolean): StageOutcome<Contract> {
    const { config, context, apiVersion } = input;
    const auth_method_args = withKnownDevice(input);
    return withSavedUser(input, (user) =>
      pass<Contract>({
        ...(auth_method_args !== context.auth_method_args && { context: { auth_method_args } }),
        effects: [
          {
            type: 'login',
            user: user.uuid,
            backend: context.user_backend ?? DEFAULT_BACKEND,
            duration_s: durationOf(config, remember),
            bindings: { network: config.network_binding, geoip: config.geoip_binding },
            terminate_other_sessions: config.terminate_other_sessions,
            second_factor: hasVerifiedDevice(context),
            ...rememberedDevice(input),
          },
          { type: 'event', action: 'login', context: loginEventContext(input, auth_method_args) },
          { type: 'reputation', identifier: user.username, delta: 1 },
          // A login through a source has a `message` step, which requests its own toast. Since 2026.8, no login shows
          // a toast.
          ...(context.source || apiVersion === '2026.8' ? [] : [toast('success', sentence('Successfully logged in!'))]),
        ],
      }),
    );
  }
}

const offersRemember = ({ config }: ChallengeInput<Contract>) => seconds(config.remember_me_offset) > 0;

/**
 * Calls `then` with the pending user if that user is saved and active. Otherwise denies without a message
 * (docs/spec/stages.md#login).
 */
function withSavedUser(
  { context }: ChallengeInput<Contract>,
  then: (user: SavedUser) => StageOutcome<Contract>,
): StageOutcome<Contract> {
  const user = context.pending_user;
  if (!user) return deny<Contract>({ effects: [toast('error', sentence('No Pending user to login.'))] });
  return user.kind === 'saved' && user.is_active ? then(user) : deny<Contract>();
}

/** Returns the seconds until the session ends, or `null` if it ends when the browser closes. */
function durationOf(config: ChallengeInput<Contract>['config'], remember: boolean): number | null {
  const duration = seconds(config.session_duration) + (remember ? seconds(config.remember_me_offset) : 0);
  return duration > 0 ? duration : null;
}

/**
 * Returns the arguments of the authentication method with `known_device`, which says whether this stage has remembered
 * the browser for the user. Keeps a `known_device` that an earlier step has set. 2024.8 has no known devices.
 */
function withKnownDevice({ apiVersion, context, session }: ChallengeInput<Contract>): PlanContext['auth_method_args'] {
  const { auth_method_args: args } = context;
  return apiVersion === '2024.8' ? args : { known_device: session.known_device ?? false, ...args };
}

/** Returns the member of the login effect that remembers the browser, if the config sets a time for it. */
function rememberedDevice({ apiVersion, config, step }: ChallengeInput<Contract>) {
  const remember_s = Math.floor(seconds(config.remember_device));
  return apiVersion === '2024.8' || remember_s < 1 ? {} : { device: { stage: step.stage ?? step.id, remember_s } };
}

/** Returns whether the plan has verified an authenticator device (docs/spec/mfa.md#mfa-context). */
function hasVerifiedDevice({ auth_method_args }: PlanContext): boolean {
  const devices = auth_method_args?.['mfa_devices'];
  return Array.isArray(devices) && devices.length > 0;
}

/** Returns the data of the plan in the `login` event: the authentication method, the source and the outpost. */
function loginEventContext(
  { config, context }: ChallengeInput<Contract>,
  auth_method_args: PlanContext['auth_method_args'],
) {
  const { auth_method, source, outpost } = context;
  return {
    ...(auth_method === undefined ? {} : { auth_method }),
    ...(auth_method_args === undefined ? {} : { auth_method_args }),
    ...(source === undefined ? {} : { source }),
    ...(outpost === undefined ? {} : { outpost }),
    ...(config.terminate_other_sessions && { ended_other_sessions: true }),
  };
}
