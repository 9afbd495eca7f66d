// The live list. Rows are texts made by the server; Vue puts them in as texts, so nothing in them can become HTML.
export default {
  template: `
<div class="dk-list">
  <div class="dk-filter">
    <div class="dk-chips">
      <button type="button" class="dk-chip" :class="{on: f.states.length === 0}" :aria-pressed="f.states.length === 0" @click="states([])">
        待处理 <b>{{ attention }}</b></button>
      <button v-for="s in labels.states" :key="s.code" type="button" class="dk-chip" :class="[{on: f.states.includes(s.code)}, 'st-' + s.code]" :aria-pressed="f.states.includes(s.code)"
        @click="states([s.code])">{{ s.word }} <b>{{ counts[s.code] || 0 }}</b></button>
      <button type="button" class="dk-chip" :class="{on: f.states.includes('all')}" :aria-pressed="f.states.includes('all')" @click="states(['all'])">
        全部 <b>{{ total }}</b></button>
    </div>
    <button type="button" class="dk-more-filters" @click="open = !open">{{ open ? '收起筛选' : '筛选' + (narrowed ? ' ●' : '') }}</button>
    <div class="dk-selects" :class="{open}">
      <select v-model="f.severity" aria-label="级别" @change="send"><option value="">全部级别</option>
        <option v-for="s in labels.severities" :key="s.code" :value="s.code">{{ s.word }}</option></select>
      <select v-if="choices.district.length > 1 && !is_plant" v-model="f.district" aria-label="旗县区" @change="send"><option value="">全部旗县区</option>
        <option v-for="c in choices.district" :key="c[0]" :value="c[0]">{{ c[1] }}</option></select>
      <select v-if="choices.enterprise.length > 1" v-model="f.enterprise" aria-label="企业" @change="send"><option value="">全部企业</option>
        <option v-for="c in choices.enterprise" :key="c[0]" :value="c[0]">{{ c[1] }}</option></select>
      <select v-model="f.family" aria-label="规则类别" @change="send"><option value="">全部规则</option>
        <option v-for="c in choices.family" :key="c[0]" :value="c[0]">{{ c[1] }}</option></select>
      <select v-if="choices.team.length > 0" v-model="f.team" aria-label="班组" @change="send"><option value="all">全部班组</option>
        <option v-for="c in choices.team" :key="c[0]" :value="c[0]">{{ c[0] === own ? '本班组：' + c[1] : c[1] }}</option></select>
      <label v-if="!is_plant" class="dk-mine"><input type="checkbox" v-model="f.mine" @change="send">我的</label>
      <input type="search" class="dk-words" v-model="f.words" placeholder="企业、排口、规则" aria-label="文字" maxlength="100" @input="later">
      <button v-if="narrowed" type="button" class="dk-link" @click="clear">清除筛选</button>
    </div>
  </div>
  <div class="dk-table" :class="{busy}">
    <div class="dk-row dk-head"><span>级别</span><span>企业</span><span>情况</span><span>值 / 限值</span><span>开始</span><span>状态</span><span>谁在处理</span><span></span></div>
    <div v-for="r in rows" :key="r.id" class="dk-row" :class="['lv-' + r.level, 'st-' + r.state]" :data-alert="r.id">
      <span class="c-level"><i class="dk-level">{{ r.level_word }}</i></span>
      <span class="c-plant" :title="r.plant">{{ r.plant }}</span>
      <a class="c-what" :href="r.href" :title="r.title"><b v-if="r.where">{{ r.where }}</b> {{ r.what }}<i v-for="t in r.tags" :key="t" class="dk-tag">{{ t }}</i></a>
      <span class="c-value"><template v-if="r.value"><b>{{ r.value }}</b><span v-if="r.limit"> / {{ r.limit }}</span></template></span>
      <span class="c-since" :title="r.since_full">{{ r.since }}<small>{{ r.lasted }}</small></span>
      <span class="c-state"><i class="dk-state">{{ r.state_word }}</i></span>
      <span class="c-who">{{ r.who }}</span>
      <span class="c-acts"><button v-for="(a, i) in r.acts" :key="a.act" type="button" class="dk-act" :class="['act-' + a.act, {first: i === 0}]"
        @click="act(a.act, r)">{{ a.word }}</button></span>
    </div>
    <div v-if="rows.length === 0" class="dk-empty">{{ nothing }}</div>
  </div>
  <div class="dk-pages"><button v-if="f.after" type="button" class="dk-link" @click="page('')">回到最前</button>
    <button v-if="next" type="button" class="dk-link dk-next" @click="page(next)">下一页（每页 50 条）</button>
    <span class="dk-asof">数据截至 {{ as_of }}</span></div>
</div>`,
  props: {
    rows: Array,
    counts: Object,
    filter: Object,
    choices: Object,
    labels: Object,
    next: String,
    own: String,
    is_plant: Boolean,
    as_of: String,
    version: Number,
  },
  emits: ["filter"],
  data() {
    return { f: { ...this.filter }, busy: false, open: false, timer: null };
  },
  computed: {
    attention() {
      return this.labels.attention.reduce((sum, state) => sum + (this.counts[state] || 0), 0);
    },
    total() {
      return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
    },
    chosen() {
      return Boolean(this.f.severity || this.f.district || this.f.enterprise || this.f.family || this.f.mine || this.f.words);
    },
    narrowed() {
      return this.chosen || this.f.team !== "all";
    },
    nothing() {
      if (this.chosen || this.f.states.length) return "没有符合筛选的告警";
      if (this.f.team === "all") return "现在没有待处理的告警";
      return `${this.f.team === this.own ? "本班组" : "该班组"}现在没有待处理的告警；其他班组的见“全部班组”`;
    },
  },
  watch: {
    version() {
      this.busy = false;
    },
  },
  methods: {
    send() {
      this.f.after = "";
      this.ask();
    },
    states(states) {
      this.f.states = states;
      this.send();
    },
    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.send(), 300);
    },
    clear() {
      Object.assign(this.f, { severity: "", district: "", enterprise: "", family: "", mine: false, words: "", team: "all" });
      this.send();
    },
    page(after) {
      this.f.after = after;
      this.ask();
      window.scrollTo(0, 0);
    },
    ask() {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(this.f)) {
        if (value === true) query.set(name, "1");
        else if (Array.isArray(value)) value.forEach((one) => query.append(name, one));
        else if (value) query.set(name, value);
      }
      const text = query.toString();
      history.replaceState(null, "", location.pathname + (text ? "?" + text : ""));
      this.busy = true;
      this.$emit("filter", text);
    },
    act(act, row) {
      window.desk.ask(act, { id: row.id, title: row.title });
    },
  },
};
