import { Inject, Injectable } from '@nestjs/common';
import type { HostBrand } from '../execution/brands.js';
import type { Identity } from '../execution/plans.js';
import { Avatars } from './avatars.js';
import { CSRF_FIELD, csrfTokenOf } from './csrf.js';
import type { Exchange } from './exchange.js';
import { brandInfo, userInfo } from './flow-info.js';
import { localeFor } from './language.js';
import { looksOf } from './looks.js';
import { sendPage } from './page.sender.js';
import { SitePages } from './site-pages.js';

/** What is said, and where to try again. */
interface Refusal {
  readonly user: Identity | undefined;
  readonly brand: HostBrand;
  readonly why: string;
  readonly again: string;
}

/** The page that says why somebody gets no further, where there is no flow to say it. */
@Injectable()
export class DeniedPage {
  constructor(
    @Inject(Avatars) private readonly avatars: Avatars,
    @Inject(SitePages) private readonly pages: SitePages,
  ) {}

  send({ request, reply }: Exchange, { user, brand, why, again }: Refusal) {
    const challenge = {
      component: 'ak-stage-access-denied',
      flow_info: { ...brandInfo(brand), cancel_url: again },
      ...userInfo(user, this.avatars),
      error_message: why,
    };
    const page = this.pages.flow({
      ...{ challenge, brand: looksOf(brand), locale: localeFor(request, { user, brand }), slug: '', address: again },
      token: { field: CSRF_FIELD, value: csrfTokenOf(request, reply) },
    });
    return sendPage(reply, page);
  }
}
