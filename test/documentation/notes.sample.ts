import { Body, Controller, Inject, Post, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { CurrentPrincipal } from '../../apps/gateway/src/http/auth/auth.guard.js';
import type { Principal } from '../../apps/gateway/src/http/auth/auth.service.js';
import { CsrfGuard } from '../../apps/gateway/src/http/auth/csrf.guard.js';
import { ApiEndpoint, validationError } from '../../apps/gateway/src/http/openapi/api-endpoint.decorator.js';
import { ZodBodyPipe } from '../../apps/gateway/src/http/zod-body.pipe.js';

const note = z.object({ pk: z.int(), text: z.string() }).meta({ id: 'Note', description: 'A note.' });
const noteRequest = z.object({ text: z.string() }).meta({ id: 'NoteRequest', description: 'A new note.' });
const toNote = (record: z.output<typeof note>) => ({ pk: record.pk, text: record.text });

class NoteRepository {
  async create(_user: Principal['user'], { text }: z.output<typeof noteRequest>) {
    return { pk: 1, text };
  }
}

/** The controller of docs/how-to/add-an-endpoint.md, with the declarations that the page leaves out. */
@Controller('/api/v3/core/notes')
export class NotesController {
  constructor(@Inject(NoteRepository) private readonly notes: NoteRepository) {}

  @ApiEndpoint({
    id: 'core_notes_create',
    description: 'Creates a note.',
    tag: 'core',
    body: noteRequest,
    answers: { 201: note, 400: validationError },
  })
  @Post('')
  @UseGuards(CsrfGuard)
  async create(
    @Body(new ZodBodyPipe(noteRequest)) request: z.output<typeof noteRequest>,
    @CurrentPrincipal() { user }: Principal,
  ) {
    return toNote(await this.notes.create(user, request));
  }
}
