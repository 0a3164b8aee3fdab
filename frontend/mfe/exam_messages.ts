// Messages of the invigilator and questions to them, pauses, breaks and added time in the learning micro-frontend: a component for a plug-in
// slot. React, the client and the texts come from the host, so this file imports nothing that the host already has.

import { duration, fill, timeOfDay } from '../src/format';
import { type Element, type ReactLike, button } from './drawing';
import { type Cover, Watch, titleOf } from './exam_poll';
import { questionBox } from './questions';

interface Response {
  data: unknown;
  headers?: Record<string, unknown>;
}

/** The host's client, which signs requests: `getAuthenticatedHttpClient()` of `@edx/frontend-platform/auth`. */
export interface Client {
  get(url: string): Promise<Response>;
  post(url: string, body: unknown, options?: object): Promise<Response>;
  delete(url: string): Promise<Response>;
}

export interface Host {
  React: ReactLike;
  client: () => Client;
  lmsUrl: () => string;
  /** The language of the page, such as "fr"; by default the `lang` attribute of the page. */
  language?: () => string;
}

type Translate = (text: string) => string;

const COVER = { position: 'fixed', inset: 0, width: '100vw', height: '100vh', maxWidth: 'none', maxHeight: 'none', border: 0, padding: '15vh 10vw', background: 'Canvas', color: 'CanvasText' };

interface CoverProps {
  cover: Cover;
  gettext: Translate;
  endBreak: () => void;
}

/** Covers the page, so that the questions cannot be used while the clock is stopped. */
function coverDialog(React: ReactLike): (props: CoverProps) => Element {
  const h = React.createElement;
  return function CoverDialog({ cover, gettext, endBreak }) {
    const ref = React.useRef<HTMLDialogElement | null>(null);
    React.useEffect(() => {
      const dialog = ref.current;
      if (dialog && !dialog.open) dialog.showModal();
      return () => dialog?.close();
    }, []);
    const stay = (event: { preventDefault: () => void }) => event.preventDefault();
    return h(
      'dialog',
      { ref, style: COVER, onCancel: stay, 'aria-labelledby': 'proctoring-cover-title', className: 'proctoring-pause' },
      h('h2', { id: 'proctoring-cover-title' }, cover.isBreak ? gettext('You are on a break') : gettext('Your exam is paused')),
      cover.message ? h('p', { dir: 'auto' }, cover.message) : null,
      h('p', null, cover.since ? fill(gettext('Your clock has stood still since {time}: you lose no time.'), { time: timeOfDay(cover.since) }) : gettext('Your clock stands still: you lose no time.')),
      h('p', null, `${gettext('Time left when you go on')}: `, h('strong', null, duration(cover.examSeconds))),
      h('p', null, `${gettext('Your answers')}: `, gettext('They are kept, and hidden until you go on.')),
      cover.isBreak ? h('p', null, `${gettext('Left of your break')}: `, h('strong', null, duration(cover.seconds))) : null,
      cover.isBreak ? button(React, gettext('End the break and go on'), endBreak) : null,
    );
  };
}

function announcement(React: ReactLike, watch: Watch): Element | null {
  const { gettext, polled } = watch;
  const first = polled?.announcements?.find(({ id }) => !watch.read.has(id));
  if (!first) return null;
  const h = React.createElement;
  return h(
    'div',
    { className: 'alert alert-info proctoring-announcement', key: 'announcement' },
    h('p', null, h('b', null, titleOf(first, gettext)), h('br', null), first.text),
    button(React, gettext('I have read this'), () => watch.markRead(first.id)),
  );
}

function breakButton(React: ReactLike, watch: Watch): Element | null {
  const { breaks, paused } = watch.polled ?? {};
  if (!breaks || paused || breaks.left < 1 || breaks.longest < 1) return null;
  const { gettext } = watch;
  if (!watch.asksBreak) return button(React, gettext('Take a break…'), () => watch.askBreak(true));
  const h = React.createElement;
  const text = gettext('You have {left} left for breaks, and this one can last up to {longest}. Your clock stands still during the break. Your questions are hidden, and you cannot answer them. Submit your answers first.');
  return h(
    'div',
    { className: 'alert alert-info', role: 'group', 'aria-label': gettext('Take a break now?'), key: 'break' },
    h('p', null, h('b', null, gettext('Take a break now?')), h('br', null), fill(text, { left: duration(breaks.seconds_left), longest: duration(breaks.longest) })),
    button(React, gettext('Begin the break'), () => void watch.changeBreak('begin')),
    ' ',
    button(React, gettext('Not now'), () => watch.askBreak(false)),
  );
}

/** Make the component for the host's React. */
export function examMessages(host: Host): () => Element | null {
  const { React } = host;
  const h = React.createElement;
  const watch = new Watch(host);
  const CoverDialog = coverDialog(React);
  const QuestionBox = questionBox(React);
  const endBreak = () => void watch.changeBreak('end');

  return function ExamMessages(): Element | null {
    const [, redraw] = React.useState(0);
    React.useEffect(() => watch.follow(redraw), []);
    const { polled, note, cover, gettext, failure } = watch;
    if (!polled?.in_timed_exam) return null;
    return h(
      'section',
      { className: 'proctoring-messages', 'aria-label': gettext('Messages about your exam') },
      // The region exists before its text, so that screen readers announce each change.
      h('p', { className: 'sr-only', role: 'status', key: 'said' }, watch.said),
      note ? h('p', { className: 'alert alert-success', key: 'note' }, note) : null,
      failure ? h('p', { className: 'alert alert-warning', role: 'alert', key: 'failure' }, failure) : null,
      announcement(React, watch),
      breakButton(React, watch),
      ' ',
      h(QuestionBox, { watch, key: 'question' }),
      cover ? h(CoverDialog, { cover, gettext, endBreak, key: cover.isBreak ? 'on-break' : 'pause' }) : null,
    );
  };
}
