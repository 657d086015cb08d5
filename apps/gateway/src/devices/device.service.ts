import { DEVICE_CLASSES, type DeviceClass, Problem } from '@gatehouse/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import type { Principal } from '../http/auth/auth.service.js';
import { EventFactsReader } from '../http/event-facts.reader.js';
import { parsePk } from '../http/identifiers.js';
import { SessionRepository } from '../sessions/session.repository.js';
import { type DeviceChange, type UserDevice, UserDeviceRepository } from './user-device.repository.js';

/** The kind and primary key of a device, as a URL or a form contains them. */
export interface DeviceReference {
  readonly kind: unknown;
  readonly pk: unknown;
}

/** The caller who changes a device, and the HTTP request of the change. */
export interface RequestActor {
  readonly request: FastifyRequest;
  readonly principal: Principal;
}

/** Changes of a user's own devices, for the API and for the account page. */
@Injectable()
export class DeviceService {
  constructor(
    @Inject(UserDeviceRepository) private readonly devices: UserDeviceRepository,
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(EventFactsReader) private readonly eventFacts: EventFactsReader,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Returns a device of the user. Throws `not_found` if there is none, or if it belongs to another user. */
  async find({ user }: Principal, reference: DeviceReference): Promise<UserDevice> {
    const [kind, pk] = [parseDeviceClass(reference.kind), parsePk(reference.pk)];
    const device = kind && pk && (await this.devices.find(user.uuid, { kind, pk }));
    if (!device) throw new Problem('not_found');
    return device;
  }

  /** Renames a device. Throws `not_found` if the device no longer exists. */
  async rename(device: UserDevice, name: string, actor: RequestActor): Promise<void> {
    if (!(await this.devices.rename(device, name, await this.changeBy(actor)))) throw new Problem('not_found');
  }

  /**
   * Removes a device. Throws `proof_required` unless the user proved a device in the login of the session within
   * AUTHENTICATOR_PROOF_S. A password, an unattended browser or an API token must not be enough
   * (docs/security.md#accident-25). Throws `not_found` if the device no longer exists.
   */
  async remove(device: UserDevice, actor: RequestActor): Promise<void> {
    if (!(await this.hasProof(actor.principal))) throw new Problem('proof_required');
    if (!(await this.devices.remove(device, await this.changeBy(actor)))) throw new Problem('not_found');
  }

  private async hasProof({ user, sessionId, byToken }: Principal): Promise<boolean> {
    if (byToken || sessionId === undefined) return false;
    const withinS = this.config.AUTHENTICATOR_PROOF_S;
    return this.sessions.hasProvedDevice(sessionId, { user: user.uuid, withinS });
  }

  private async changeBy({ request, principal }: RequestActor): Promise<DeviceChange> {
    return { owner: principal.user, facts: await this.eventFacts.read(request, principal) };
  }
}

/** Returns the device class that a URL or a form names, or undefined if no class has that name. */
export const parseDeviceClass = (kind: unknown): DeviceClass | undefined =>
  DEVICE_CLASSES.find((deviceClass) => deviceClass === kind);
