// The head of a page: what is wrong with the desk itself, three figures of the city, who is on duty.
export default {
  template: `
<div>
  <div v-for="b in banners" :key="b" class="dk-banner" role="alert">{{ b }}</div>
  <div class="dk-strip">
    <div v-for="f in figures" :key="f.name" class="dk-figure"><span class="k">{{ f.name }}</span>
      <span class="v" :class="f.tone">{{ f.value }}</span><span class="n">{{ [f.target, f.as_of].filter(Boolean).join(' · ') }}</span></div>
    <a v-for="d in duty" :key="d.team" href="/duty" class="dk-figure dk-onduty"><span class="k">{{ d.team }}</span>
      <span class="v" :class="d.tone">{{ d.now }}</span><span class="n">{{ d.next ? '下一班 ' + d.next : '' }}</span></a>
  </div>
</div>`,
  props: { figures: Array, duty: Array, banners: Array },
};
