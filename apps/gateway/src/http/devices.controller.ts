import { Problem } from '@gatehouse/contracts';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Patch,
  Put,
  Req,
  Res,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { OwnDevices, type OwnedDevice } from '../execution/own-devices.js';
import { type Asker, type CalledDevice, DeviceDesk, kindOf } from './device.desk.js';
import { allDevices, deviceRequest, ownDevice, ownDevices, patchedDeviceRequest } from './devices.bodies.js';
import { presentAny, presentOwn } from './devices.presenter.js';
import { Described } from './openapi/operation.js';
import { pageOf, pageQuery, paginated, sliceOf } from './pagination.js';
import { Principals } from './principal.js';
import { genericError, validationError } from './problem.bodies.js';
import { readBody } from './read-body.js';
import { refused } from './refused-fields.js';

/** Devices of one person that are listed at once, of all kinds. */
const MOST_LISTED = 100;

/**
 * Everybody's own devices; nobody sees those of others here, administrators included (docs/spec/mfa.md#own-devices).
 */
@Controller('/api/v3/authenticators')
export class DevicesController {
  constructor(
    @Inject(Principals) private readonly principals: Principals,
    @Inject(OwnDevices) private readonly devices: OwnDevices,
    @Inject(DeviceDesk) private readonly desk: DeviceDesk,
  ) {}

  @Described({
    id: 'authenticators_all_list',
    description: `One’s own devices of all kinds, the oldest first, at most ${MOST_LISTED}.`,
    tag: 'authenticators',
    answers: { 200: allDevices },
  })
  @Get('all/')
  async all(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { user } = await this.principals.load({ request, reply });
    const found = await this.devices.list({ owner: user.uuid }, { offset: 0, limit: MOST_LISTED });
    return found.map(presentAny);
  }

  @Described({
    id: 'authenticators_list',
    description: 'One’s own devices of a kind (duo, sms, static, totp or webauthn), the oldest first.',
    tag: 'authenticators',
    query: pageQuery,
    answers: { 200: ownDevices, 404: genericError },
  })
  @Get(':kind/')
  async list(
    @Param('kind') called: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const page = pageOf(request);
    const { user } = await this.principals.load({ request, reply });
    const kind = kindOf(called);
    if (!kind) throw new Problem('not_found');
    const query = { owner: user.uuid, kind };
    const found = await this.devices.list(query, sliceOf(page));
    return paginated(page, await this.devices.count(query), found.map(presentOwn));
  }

  @Described({
    id: 'authenticators_retrieve',
    description: 'One such device.',
    tag: 'authenticators',
    answers: { 200: ownDevice, 404: genericError },
  })
  @Get(':kind/:id/')
  async retrieve(
    @Param() { kind, id }: Addressed,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return presentOwn(await this.desk.find(await this.principals.load({ request, reply }), { kind, pk: id }));
  }

  @Described({
    id: 'authenticators_update',
    description: 'Gives a device another name.',
    tag: 'authenticators',
    body: deviceRequest,
    answers: { 200: ownDevice, 400: validationError, 404: genericError },
  })
  @Put(':kind/:id/')
  async update(
    @Param() { kind, id }: Addressed,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ kind, pk: id }, { body, type: deviceRequest }, await this.askerOf(request, reply));
  }

  @Described({
    id: 'authenticators_partial_update',
    description: 'Gives a device another name, if it says one.',
    tag: 'authenticators',
    body: patchedDeviceRequest,
    answers: { 200: ownDevice, 400: validationError, 404: genericError },
  })
  @Patch(':kind/:id/')
  async patch(
    @Param() { kind, id }: Addressed,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ kind, pk: id }, { body, type: patchedDeviceRequest }, await this.askerOf(request, reply));
  }

  /** Removes a device, for whoever has just logged in with one. */
  @Described({
    id: 'authenticators_destroy',
    description: 'Removes a device. It takes a session in which a device was proved lately (`proof_required`).',
    tag: 'authenticators',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':kind/:id/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(
    @Param() { kind, id }: Addressed,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const asker = await this.askerOf(request, reply);
    await this.desk.remove(await this.desk.find(asker.principal, { kind, pk: id }), asker);
  }

  private async askerOf(request: FastifyRequest, reply: FastifyReply): Promise<Asker> {
    const exchange = { request, reply };
    return { exchange, principal: await this.principals.loadForChange(exchange) };
  }

  private async change(called: CalledDevice, { body, type }: Given, asker: Asker) {
    const device = await this.desk.find(asker.principal, called);
    const read = readBody(body, type);
    if ('errors' in read) return refused(asker.exchange.reply, read.errors);
    const { name = device.name } = read.said;
    if (name !== device.name) await this.desk.rename(device, name, asker);
    return presentOwn({ ...device, name } satisfies OwnedDevice);
  }
}

interface Addressed {
  readonly kind: string;
  readonly id: string;
}

/** A body, and what it must be. */
interface Given {
  readonly body: unknown;
  readonly type: z.ZodType<{ readonly name?: string | undefined }>;
}
