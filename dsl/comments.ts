import { lex } from "./lex.ts";
import { DiagnosticList } from "./diagnostic-list.ts";
import type { Source } from "./span.ts";

export interface Comment {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The comments of a file in order; each is returned once, to the printer of the code beside it. */
export class Comments {
  private readonly source: Source;
  private readonly all: readonly Comment[];
  private next = 0;

  constructor(source: Source) {
    this.source = source;
    const { comments } = lex(new DiagnosticList(source));
    this.all = comments.map((c) => ({
      text: c.image.trimEnd(),
      start: c.startOffset,
      end: c.startOffset + c.image.length,
    }));
  }

  /** The comments that begin before the offset. */
  before(offset: number): readonly Comment[] {
    const first = this.next;
    while ((this.all[this.next]?.start ?? Infinity) < offset) this.next++;
    return this.all.slice(first, this.next);
  }

  /** The comment that follows on the same line, with at most a comma between. */
  beside(offset: number): Comment | null {
    const comment = this.all[this.next];
    if (!comment || comment.start < offset || !/^[ \t,]*$/.test(this.source.text.slice(offset, comment.start)))
      return null;
    this.next++;
    return comment;
  }

  anyBefore(offset: number): boolean {
    return (this.all[this.next]?.start ?? Infinity) < offset;
  }

  /** Whether there is a blank line between two offsets. */
  blankBetween(start: number, end: number): boolean {
    return /\n[ \t\r]*\n/.test(this.source.text.slice(start, end));
  }
}
