import { useData } from 'vitepress';
import { defineComponent, h, onMounted, ref, watch } from 'vue';

let drawn = 0;

/** Draws a diagram in the colours of the page. Until it is drawn, and without JavaScript, its source is shown. */
export const MermaidDiagram = defineComponent({
  props: { source: { type: String, required: true } },
  setup({ source }) {
    const { isDark } = useData();
    const svg = ref('');
    const draw = async () => {
      // Leaves the library out of the code that renders pages in the build.
      if (import.meta.env.SSR) return;
      const { default: mermaid } = await import('mermaid');
      mermaid.initialize({ startOnLoad: false, theme: isDark.value ? 'dark' : 'neutral', fontFamily: 'inherit' });
      drawn += 1;
      svg.value = (await mermaid.render(`diagram-${drawn}`, decodeURIComponent(source))).svg;
    };
    onMounted(() => {
      void draw();
      watch(isDark, draw);
    });
    return () =>
      svg.value
        ? h('div', {
            class: 'mermaid-diagram',
            tabindex: 0,
            role: 'group',
            'aria-label': 'Diagram',
            innerHTML: svg.value,
          })
        : h('pre', { class: 'mermaid-source' }, decodeURIComponent(source));
  },
});
