// The host's scripts: a tab manager that constructs the four views by name, each in its own timeout, and an accordion.
(function () {
  'use strict';

  function $(element) {
    var stored = {};
    return {
      0: element,
      length: element ? 1 : 0,
      data: function (name, value) {
        if (value !== undefined) stored[name] = value;
        return stored[name];
      }
    };
  }

  var names = ['Allowance', 'Onboarding', 'Attempt', 'Dashboard'];
  var section = $(document.getElementById('special_exams'));
  if (window.edx.instructor_dashboard.proctoring) {
    names.forEach(function (name) {
      setTimeout(function () {
        new window.edx.instructor_dashboard.proctoring['ProctoredExam' + name + 'View'](section);
        new window.edx.instructor_dashboard.proctoring['ProctoredExam' + name + 'View']($(undefined));
      }, 0);
    });
  }

  document.querySelectorAll('#proctoring-accordion > .wrap').forEach(function (wrap, index) {
    var header = wrap.querySelector('.hd');
    var body = header.nextElementSibling;
    header.id = 'ui-accordion-proctoring-accordion-header-' + index;
    header.tabIndex = 0;
    body.style.display = 'none';
    function toggle() {
      var isOpen = body.style.display === 'none';
      body.style.display = isOpen ? '' : 'none';
      header.setAttribute('aria-selected', String(isOpen));
    }
    header.addEventListener('click', toggle);
    header.addEventListener('keydown', function (event) {
      if (event.key === 'Enter') toggle();
    });
  });

  function open(name) {
    document.querySelectorAll('.idash-section').forEach(function (one) {
      one.style.display = one.id === name ? '' : 'none';
    });
    var wrapper = section.data('wrapper');
    if (name === 'special_exams' && wrapper) wrapper.onClickTitle();
  }
  document.querySelectorAll('.instructor-nav button').forEach(function (button) {
    button.addEventListener('click', function () { open(button.dataset.section); });
  });
  open('course_info');
})();
