// The head of a page: what is wrong with the desk itself, three figures of the city, who is on duty.
export default {
  template: `
<div>
  <div v-for="b in banners" :key="b" class="dk-banner" role="alert">{{ b }}</div>
  <div v-if="figures.length" class="dk-strip">
    <div v-for="f in figures" :key="f.name" class="dk-figure"><span class="k">{{ f.name }}</span>
      <span class="v" :class="f.tone">{{ f.value }}<small v-if="f.tone === 'bad'">未达标</small></span><span class="n" :title="f.as_of">{{ [f.target, f.as_of].filter(Boolean).join(' · ') }}</span></div>
    <a v-for="(d, i) in duty" :key="d.team" href="/duty" class="dk-figure dk-onduty" :class="{more: i > 0 && d.tone === 'good'}"><span class="k">{{ d.team }}</span>
      <span class="v" :class="d.tone">{{ d.now }}</span><span class="n">{{ d.next ? '下一班 ' + d.next : '' }}</span></a>
    <a v-if="others" href="/duty" class="dk-figure dk-others">另 {{ others }} 组 ›</a>
  </div>
</div>`,
  props: { figures: Array, duty: Array, others: Number, banners: Array },
};
