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
import { AuthService } from '../http/auth/auth.service.js';
import { ApiEndpoint } from '../http/openapi/api-endpoint.decorator.js';
import { pageQuery, paginated, parsePage, toSlice } from '../http/pagination.js';
import { genericError, validationError } from '../http/problem.bodies.js';
import { sendFieldErrors } from '../http/refused-fields.js';
import { parseBody } from '../http/zod-body.pipe.js';
import { allDevices, deviceRequest, patchedDeviceRequest, userDevice, userDevicePage } from './device.dto.js';
import { toAnyDevice, toUserDevice } from './device.presenter.js';
import { type DeviceReference, DeviceService, parseDeviceClass, type RequestActor } from './device.service.js';
import { OwnDevices, type UserDevice } from './user-devices.js';

/** Devices of one person that are listed at once, of all kinds. */
const MOST_LISTED = 100;

/**
 * Everybody's own devices; nobody sees those of others here, administrators included (docs/spec/mfa.md#own-devices).
 */
@Controller('/api/v3/authenticators')
export class DevicesController {
  constructor(
    @Inject(AuthService) private readonly principals: AuthService,
    @Inject(OwnDevices) private readonly devices: OwnDevices,
    @Inject(DeviceService) private readonly desk: DeviceService,
  ) {}

  @ApiEndpoint({
    id: 'authenticators_all_list',
    description: `One’s own devices of all kinds, the oldest first, at most ${MOST_LISTED}.`,
    tag: 'authenticators',
    answers: { 200: allDevices },
  })
  @Get('all/')
  async all(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { user } = await this.principals.load({ request, reply });
    const found = await this.devices.list({ owner: user.uuid }, { offset: 0, limit: MOST_LISTED });
    return found.map(toAnyDevice);
  }

  @ApiEndpoint({
    id: 'authenticators_list',
    description: 'One’s own devices of a kind (duo, sms, static, totp or webauthn), the oldest first.',
    tag: 'authenticators',
    query: pageQuery,
    answers: { 200: userDevicePage, 404: genericError },
  })
  @Get(':kind/')
  async list(
    @Param('kind') called: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const page = parsePage(request);
    const { user } = await this.principals.load({ request, reply });
    const kind = parseDeviceClass(called);
    if (!kind) throw new Problem('not_found');
    const query = { owner: user.uuid, kind };
    const found = await this.devices.list(query, toSlice(page));
    return paginated(page, await this.devices.count(query), found.map(toUserDevice));
  }

  @ApiEndpoint({
    id: 'authenticators_retrieve',
    description: 'One such device.',
    tag: 'authenticators',
    answers: { 200: userDevice, 404: genericError },
  })
  @Get(':kind/:id/')
  async retrieve(
    @Param() { kind, id }: DeviceParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return toUserDevice(await this.desk.find(await this.principals.load({ request, reply }), { kind, pk: id }));
  }

  @ApiEndpoint({
    id: 'authenticators_update',
    description: 'Gives a device another name.',
    tag: 'authenticators',
    body: deviceRequest,
    answers: { 200: userDevice, 400: validationError, 404: genericError },
  })
  @Put(':kind/:id/')
  async update(
    @Param() { kind, id }: DeviceParams,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ kind, pk: id }, { body, type: deviceRequest }, await this.askerOf(request, reply));
  }

  @ApiEndpoint({
    id: 'authenticators_partial_update',
    description: 'Gives a device another name, if it says one.',
    tag: 'authenticators',
    body: patchedDeviceRequest,
    answers: { 200: userDevice, 400: validationError, 404: genericError },
  })
  @Patch(':kind/:id/')
  async patch(
    @Param() { kind, id }: DeviceParams,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.change({ kind, pk: id }, { body, type: patchedDeviceRequest }, await this.askerOf(request, reply));
  }

  /** Removes a device, for whoever has just logged in with one. */
  @ApiEndpoint({
    id: 'authenticators_destroy',
    description: 'Removes a device. It takes a session in which a device was proved lately (`proof_required`).',
    tag: 'authenticators',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':kind/:id/')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(
    @Param() { kind, id }: DeviceParams,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const asker = await this.askerOf(request, reply);
    await this.desk.remove(await this.desk.find(asker.principal, { kind, pk: id }), asker);
  }

  private async askerOf(request: FastifyRequest, reply: FastifyReply): Promise<RequestActor> {
    const exchange = { request, reply };
    return { exchange, principal: await this.principals.loadForChange(exchange) };
  }

  private async change(called: DeviceReference, { body, type }: BodyToParse, asker: RequestActor) {
    const device = await this.desk.find(asker.principal, called);
    const read = parseBody(body, type);
    if ('errors' in read) return sendFieldErrors(asker.exchange.reply, read.errors);
    const { name = device.name } = read.said;
    if (name !== device.name) await this.desk.rename(device, name, asker);
    return toUserDevice({ ...device, name } satisfies UserDevice);
  }
}

interface DeviceParams {
  readonly kind: string;
  readonly id: string;
}

/** A body, and what it must be. */
interface BodyToParse {
  readonly body: unknown;
  readonly type: z.ZodType<{ readonly name?: string | undefined }>;
}
