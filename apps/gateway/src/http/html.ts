/** HTML that is safe to send: made by the tag below, or of nothing but such pieces. */
export class Html {
  constructor(readonly text: string) {}
}

type Piece = Html | string | number | undefined | false | readonly Piece[];

/** Writes HTML; whatever is put in and is not HTML itself is escaped, so that a challenge's text stays text. */
export const html = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html =>
  new Html(strings.map((text, i) => text + written(pieces[i])).join(''));

function written(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'object') return piece.map(written).join('');
  return String(piece).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
