import { type ArgumentsHost, Catch, type ExceptionFilter, HttpStatus } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** The error codes of RFC 8935 §2.4. */
export type SignalErrorCode =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed';

/** A permanent refusal of a Security Event Token: the transmitter must not send the same token again. */
export class SignalError extends Error {
  constructor(
    readonly err: SignalErrorCode,
    description: string,
  ) {
    super(description);
  }
}

/** Responds to a SignalError with the error body of RFC 8935 §2.3. */
@Catch(SignalError)
export class SignalErrorFilter implements ExceptionFilter<SignalError> {
  catch({ err, message: description }: SignalError, host: ArgumentsHost): void {
    void host
      .switchToHttp()
      .getResponse<FastifyReply>()
      .status(HttpStatus.BAD_REQUEST)
      .header('content-language', 'en')
      .send({ err, description });
  }
}
