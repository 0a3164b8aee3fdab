// The exams of the course, for filters and forms.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { read } from '../http';
import type { Filter, Option } from './filters';
import type { Page } from './list';
import { gettext } from './i18n';

export interface Exam {
  id: number;
  exam_name: string;
  type?: string;
  time_limit_mins?: number;
  is_active?: boolean;
  due_date?: string | null;
  backend?: string | null;
  dashboard_url?: string | null;
}

const MOST = 200; // on one page of the interface
const TYPING_MS = 250;

export class Exams implements ReactiveController {
  all: Exam[] = [];
  private count = 0;
  private asked = ''; // the address, until it has answered
  private typing?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly base: () => string,
  ) {
    host.addController(this);
  }

  hostDisconnected(): void {
    clearTimeout(this.typing);
  }

  /** Load the exams, unless they are already loaded. */
  ensure(): void {
    if (!this.all.length) void this.load();
  }

  forget(): void {
    this.all = [];
    void this.load();
  }

  /** Lists are of use without them: a failure is repeated with the next list that is loaded. */
  private async load(search = ''): Promise<void> {
    if (!this.base()) return;
    const query = new URLSearchParams({ ordering: 'exam_name', page_size: String(MOST), ...(search && { search }) });
    const url = `${this.base()}exams/?${query}`;
    if (url === this.asked) return;
    this.asked = url;
    const answer = await read<Page<Exam>>(url).catch(() => null);
    if (url !== this.asked) return; // of another course, or another search
    this.asked = '';
    if (!answer?.data) return;
    const known = new Set(answer.data.results.map(({ id }) => id));
    this.all = [...answer.data.results, ...this.all.filter(({ id }) => !known.has(id))];
    if (!search) this.count = answer.data.count;
    this.host.requestUpdate();
  }

  /** The options with those that match. Only the last text in a row is answered. */
  private find(text: string): Promise<Option[]> {
    clearTimeout(this.typing);
    return new Promise((resolve) => {
      this.typing = setTimeout(() => void this.load(text.trim()).then(() => resolve(this.options())), TYPING_MS);
    });
  }

  private options(): Option[] {
    return this.all.map(({ id, exam_name }) => [String(id), exam_name]);
  }

  filter(): Filter {
    return {
      name: 'exam',
      label: gettext('Exam'),
      all: gettext('All exams'),
      options: this.options(),
      find: this.count > MOST ? (text) => this.find(text) : undefined,
    };
  }
}
