// "Ask the invigilator": the button, the form, and the question that waits for its answer.

import { fill, isolated } from '../src/format';
import { LONGEST_QUESTION } from '../src/questions';
import { type Element, type ReactLike, button } from './drawing';
import type { Watch } from './exam_poll';

const FIELD = 'proctoring-question';

/** Make the component for the host's React. */
export function questionBox(React: ReactLike): (props: { watch: Watch }) => Element | null {
  const h = React.createElement;

  function form(watch: Watch, field: { current: HTMLTextAreaElement | null }): Element {
    const { gettext } = watch;
    return h(
      'div',
      { className: 'alert alert-info', role: 'group', 'aria-label': gettext('Ask the invigilator') },
      h('label', { htmlFor: FIELD }, gettext('Your question to the invigilator')),
      h('textarea', { id: FIELD, ref: field, className: 'form-control mb-2', dir: 'auto', rows: 2, maxLength: LONGEST_QUESTION, autoFocus: true }),
      button(React, gettext('Send'), () => void watch.ask(field.current?.value ?? '')),
      ' ',
      button(React, gettext('Cancel'), () => watch.write(false)),
    );
  }

  return function QuestionBox({ watch }) {
    const field = React.useRef<HTMLTextAreaElement | null>(null);
    const { questions, live_url: url } = watch.polled ?? {};
    const { gettext } = watch;
    if (!questions?.enabled || !url) return null;
    if (!questions.open) {
      return watch.isWriting ? form(watch, field) : button(React, gettext('Ask the invigilator'), () => watch.write(true), watch.isFocusBack);
    }
    const { id, text } = questions.open;
    return h(
      'div',
      { className: 'alert alert-info proctoring-question' },
      h('p', { dir: 'auto' }, fill(gettext('You have asked: “{question}”. The answer appears here.'), { question: isolated(text) })),
      button(React, gettext('Take the question back'), () => void watch.takeBack(id)),
    );
  };
}
