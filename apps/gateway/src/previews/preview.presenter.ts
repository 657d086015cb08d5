import type { ApiView } from '@gatehouse/contracts';
import type { FlowResponse } from '@gatehouse/executor';
import { type Locale, translator } from '@gatehouse/texts';
import { presentFlowResponse } from '../flows/executor.presenter.js';
import { type HttpResponseBody, presentProblem } from '../http/problem.presenter.js';
import type { AvatarService } from '../users/avatars/avatar.service.js';

interface PresentationContext {
  readonly requestId: string;
  readonly avatars: AvatarService;
  readonly locale: Locale;
  readonly view: ApiView;
}

/** Returns the response of a preview as a challenge. A problem has its details, because the operator is a superuser. */
export const presentPreview = (response: FlowResponse, context: PresentationContext): HttpResponseBody =>
  response.result.type === 'problem'
    ? presentProblem(response.result.problem, { ...context, details: true, translate: translator(context.locale) })
    : presentFlowResponse(response, context);
