import { Problem, valueIn } from '@gatehouse/contracts';
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
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { viewFor } from '../http/api-view.js';
import { CurrentPrincipal, CurrentUser } from '../http/auth/auth.guard.js';
import type { Principal } from '../http/auth/auth.service.js';
import { CsrfGuard } from '../http/auth/csrf.guard.js';
import { ApiEndpoint, genericError, validationError } from '../http/openapi/api-endpoint.decorator.js';
import { Paginated, RequestedPage } from '../http/pagination.guard.js';
import { type Page, pageQuery, paginated, toSlice } from '../http/pagination.js';
import { parseBody } from '../http/zod-body.pipe.js';
import type { AuthenticatedUser } from '../users/user.repository.js';
import { allDevices, deviceRequest, patchedDeviceRequest, userDevice, userDevicePage } from './device.dto.js';
import { toAnyDevice, toUserDevice } from './device.presenter.js';
import { type DeviceReference, DeviceService, parseDeviceClass, type RequestActor } from './device.service.js';
import { type UserDevice, UserDeviceRepository } from './user-device.repository.js';

/** Largest number of devices in the list of all kinds. */
const MOST_LISTED = 100;

/** A user's own devices. Administrators do not see the devices of other users (docs/spec/mfa.md#own-devices). */
@Controller('/api/v3/authenticators')
export class DevicesController {
  constructor(
    @Inject(UserDeviceRepository) private readonly devices: UserDeviceRepository,
    @Inject(DeviceService) private readonly deviceService: DeviceService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  @ApiEndpoint({
    id: 'authenticators_all_list',
    description: `Lists the devices of the current user of all kinds, the oldest first, at most ${MOST_LISTED}.`,
    tag: 'authenticators',
    answers: { 200: allDevices },
  })
  @Get('all/')
  async all(@CurrentUser() user: AuthenticatedUser, @Req() request: FastifyRequest) {
    const devices = await this.devices.list({ owner: user.uuid }, { offset: 0, limit: MOST_LISTED });
    return valueIn(viewFor(request, this.config), allDevices, devices.map(toAnyDevice));
  }

  @ApiEndpoint({
    id: 'authenticators_list',
    description:
      'Lists the devices of the current user of one kind (duo, email, sms, static, totp or webauthn), the oldest first.',
    tag: 'authenticators',
    query: pageQuery,
    answers: { 200: userDevicePage, 404: genericError },
  })
  @Get(':kind/')
  @Paginated()
  async list(
    @Param('kind') kindName: string,
    @RequestedPage() page: Page,
    @CurrentUser() { uuid: owner }: AuthenticatedUser,
    @Req() request: FastifyRequest,
  ) {
    const kind = parseDeviceClass(kindName);
    if (!kind) throw new Problem('not_found');
    const devices = await this.devices.list({ owner, kind }, toSlice(page));
    return paginated(page, await this.devices.count({ owner, kind }), this.present(devices, request));
  }

  @ApiEndpoint({
    id: 'authenticators_retrieve',
    description: 'Returns one device of the current user.',
    tag: 'authenticators',
    answers: { 200: userDevice, 404: genericError },
  })
  @Get(':kind/:id/')
  async retrieve(
    @Param() { kind, id }: DeviceParams,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ) {
    return this.present([await this.deviceService.find(principal, { kind, pk: id })], request)[0]!;
  }

  @ApiEndpoint({
    id: 'authenticators_update',
    description: 'Renames a device.',
    tag: 'authenticators',
    body: deviceRequest,
    answers: { 200: userDevice, 400: validationError, 404: genericError },
  })
  @Put(':kind/:id/')
  @UseGuards(CsrfGuard)
  async update(
    @Param() { kind, id }: DeviceParams,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ) {
    return this.change({ kind, pk: id }, { body, type: deviceRequest }, { request, principal });
  }

  @ApiEndpoint({
    id: 'authenticators_partial_update',
    description: 'Renames a device if the body has a name.',
    tag: 'authenticators',
    body: patchedDeviceRequest,
    answers: { 200: userDevice, 400: validationError, 404: genericError },
  })
  @Patch(':kind/:id/')
  @UseGuards(CsrfGuard)
  async patch(
    @Param() { kind, id }: DeviceParams,
    @Body() body: unknown,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ) {
    return this.change({ kind, pk: id }, { body, type: patchedDeviceRequest }, { request, principal });
  }

  @ApiEndpoint({
    id: 'authenticators_destroy',
    description: 'Deletes a device. Fails with `proof_required` unless a device was recently proved in this session.',
    tag: 'authenticators',
    answers: { 204: null, 404: genericError },
  })
  @Delete(':kind/:id/')
  @HttpCode(HttpStatus.NO_CONTENT)
  @UseGuards(CsrfGuard)
  async remove(
    @Param() { kind, id }: DeviceParams,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const device = await this.deviceService.find(principal, { kind, pk: id });
    await this.deviceService.remove(device, { request, principal });
  }

  private async change(reference: DeviceReference, { body, type }: UnparsedBody, actor: RequestActor) {
    const device = await this.deviceService.find(actor.principal, reference);
    // Parses the body here and not in a pipe, so that an unknown device is reported before an invalid body.
    const { name = device.name } = parseBody(body, type);
    if (name !== device.name) await this.deviceService.rename(device, name, actor);
    return this.present([{ ...device, name }], actor.request)[0]!;
  }

  private present(devices: readonly UserDevice[], request: FastifyRequest) {
    return valueIn(viewFor(request, this.config), z.array(userDevice), devices.map(toUserDevice));
  }
}

interface DeviceParams {
  readonly kind: string;
  readonly id: string;
}

/** A request body and the type that it must have. */
interface UnparsedBody {
  readonly body: unknown;
  readonly type: z.ZodType<{ readonly name?: string | undefined }>;
}
