// The EMA cross with explicit vectors: what the machine can do. Market orders, or a stop and a limit with each entry.
//
// Lanes are packed into vectors, a few of them are worked on at a time (their chains of dependent operations overlap), and what few bars
// need (orders, fills) is behind a real branch on "any lane of the group". Rules as in numba_loops.py. Built by cpp_kernel.py.

#include <cmath>
#include <cstdint>
#include <experimental/simd>

namespace stdx = std::experimental;

namespace {

template <class T>
using V = stdx::native_simd<T>;
template <class T>
using M = stdx::native_simd_mask<T>;

template <class T>
struct Terms {
    T capital, size, commission, slip, unit;
};

// On the tick grid of hundredths; a price this close to a tick is that tick.
template <bool UP, class T>
V<T> snapped(V<T> price) {
    V<T> ticks = price * T(100), near = stdx::nearbyint(ticks), away = UP ? stdx::ceil(ticks) : stdx::floor(ticks);
    stdx::where(stdx::abs(ticks - near) <= T(1e-4), away) = near;
    return away / T(100);
}

template <class T>
V<T> pick(M<T> mask, V<T> yes, V<T> no) {
    stdx::where(mask, no) = yes;
    return no;
}

template <class T, bool BRACKET>
struct Group {
    V<T> a, b, w, lengths, mult;                  // of the lanes
    V<T> quick, lag, atr;                         // indicators
    V<T> order, position, paid, fee, net, trades; // account
    V<T> settled, worth;                          // equity is settled + worth * (close - paid)
    V<T> peak, floor, worst; // equity: its highest, the lowest since (or the level of the worst fall so far), and that fall as a ratio
    V<T> stop, limit; // of the position, else beyond reach
    V<T> next_stop, next_limit;
    M<T> above, below, orders;
    bool ordered;

    void start(const double* fast, const double* slow, const double* atr_len, const double* multiples, const Terms<T>& terms) {
        const auto load = [](const double* x) { return V<T>([x](int i) { return T(x[i]); }); };
        a = T(2) / (load(fast) + T(1)), b = T(2) / (load(slow) + T(1));
        lengths = stdx::max(load(fast), load(slow));
        mult = load(multiples), w = BRACKET ? T(1) / load(atr_len) : V<T>(T(0));
        quick = lag = atr = order = position = paid = fee = net = trades = worth = V<T>(T(0));
        peak = floor = settled = V<T>(terms.capital), worst = V<T>(T(1));
        stop = next_stop = V<T>(-INFINITY), limit = next_limit = V<T>(INFINITY);
        above = below = orders = M<T>(false), ordered = false;
    }

    // A long's stop is below and its limit above; a short's the other way round, both kept as (lower, upper) in stop and limit.
    void close_out(M<T> where, V<T> price, const Terms<T>& terms) {
        V<T> cost = price * terms.unit * terms.commission;
        V<T> pnl = position * (price - paid) * terms.unit - stdx::abs(position) * (fee + cost);
        stdx::where(where, net) += pnl;
        stdx::where(where, trades) += T(1);
    }

    void fill(T open, const Terms<T>& terms) {
        V<T> price = V<T>(open) + pick<T>(order > T(0), V<T>(terms.slip), V<T>(-terms.slip));
        close_out(orders && position != T(0), price, terms);
        stdx::where(orders, position) += order;
        stdx::where(orders, paid) = price;
        stdx::where(orders, fee) = price * terms.unit * terms.commission;
        rebook(terms);
        if constexpr (BRACKET) {
            stdx::where(orders, stop) = next_stop;
            stdx::where(orders, limit) = next_limit;
        }
        order = T(0), orders = M<T>(false), ordered = false;
    }

    void rebook(const Terms<T>& terms) {
        settled = terms.capital + net - stdx::abs(position) * fee;
        worth = position * terms.unit;
    }

    // stop and limit hold the lower and the upper level; which of them slips depends on the side.
    void walk(T open, T high, T low, M<T> touched, const Terms<T>& terms) {
        const bool high_first = high - open < open - low;
        M<T> lower = stop >= low, upper = limit <= high, is_long = position > T(0);
        M<T> by_lower = lower && (!upper || (stop >= open) || !(limit <= open || M<T>(high_first)));
        V<T> level = pick<T>(by_lower, stdx::min(stop, V<T>(open)), stdx::max(limit, V<T>(open)));
        M<T> is_stop = (by_lower && is_long) || (!by_lower && !is_long);
        V<T> slip = pick<T>(is_long, V<T>(-terms.slip), V<T>(terms.slip));
        V<T> price = pick<T>(is_stop, level + slip, level);
        close_out(touched, price, terms);
        stdx::where(touched, position) = V<T>(T(0));
        stdx::where(touched, stop) = V<T>(-INFINITY);
        stdx::where(touched, limit) = V<T>(INFINITY);
        rebook(terms);
    }

    void trade(M<T> up, M<T> down, T close, V<T> equity, bool has_atr, const double* atr_len, T bar, const Terms<T>& terms) {
        V<T> base = stdx::floor(equity * terms.size / (close * terms.unit * (T(1) + terms.commission)) + T(1e-6));
        base = stdx::max(base, V<T>(T(0)));
        V<T> turn = pick<T>(up, V<T>(T(1)), V<T>(T(-1)));
        orders = (up || down) && base > T(0) && position * turn <= T(0);
        stdx::where(orders, order) = turn * base - position;
        ordered = stdx::any_of(orders);
        if constexpr (BRACKET) {
            V<T> near = mult * atr, far = T(2) * near, price = V<T>(close);
            next_stop = pick<T>(up, snapped<false, T>(price - near), snapped<false, T>(price - far));
            next_limit = pick<T>(up, snapped<true, T>(price + far), snapped<true, T>(price + near));
            if (!has_atr) {
                V<T> needed([atr_len](int i) { return T(atr_len[i]); });
                M<T> unknown = needed > bar + T(1);
                stdx::where(unknown, next_stop) = V<T>(-INFINITY);
                stdx::where(unknown, next_limit) = V<T>(INFINITY);
            }
        }
    }

    template <bool SEEDING>
    void bar(int64_t t, T open, T high, T low, T close, T true_range, const double* fast, const double* slow, const double* atr_len,
             const Terms<T>& terms) {
        if (ordered) fill(open, terms);
        if constexpr (BRACKET) {
            M<T> touched = (stop >= low) || (limit <= high);
            if (stdx::any_of(touched)) walk(open, high, low, touched, terms);
        }
        V<T> equity = settled + worth * (close - paid);
        floor = stdx::min(floor, equity);
        M<T> risen = equity > peak;
        if (stdx::any_of(risen)) {
            stdx::where(risen, worst) = stdx::min(worst, floor / peak);
            stdx::where(risen, peak) = equity;
            stdx::where(risen, floor) = worst * equity;
        }
        if constexpr (SEEDING) {
            const T count = T(t) + T(1);
            const auto weight = [t, count](const double* n, V<T> alpha) {
                return V<T>([=](int i) { return T(t) < T(n[i]) ? T(1) / count : T(alpha[i]); });
            };
            quick += weight(fast, a) * (close - quick);
            lag += weight(slow, b) * (close - lag);
            if constexpr (BRACKET) atr += weight(atr_len, w) * (true_range - atr);
        } else {
            quick += a * (close - quick);
            lag += b * (close - lag);
            if constexpr (BRACKET) atr += w * (true_range - atr);
        }
        M<T> over = quick > lag, under = quick < lag;
        M<T> up = over && !above, down = under && !below;
        if constexpr (SEEDING) up = up && lengths <= T(t), down = down && lengths <= T(t);
        if (stdx::any_of(up || down)) trade(up, down, close, equity, !SEEDING, atr_len, T(t), terms);
        above = over, below = under;
    }
};

// Lanes must be a multiple of N vectors; out: trades, net profit, largest fall as a fraction, each [lanes].
template <class T, bool BRACKET, int N>
void sweep(int64_t n_bars, int64_t n_lanes, const double* open, const double* high, const double* low, const double* close,
           const double* fast, const double* slow, const double* atr_len, const double* mult, const double* numbers, double* out) {
    constexpr int WIDTH = V<T>::size();
    const Terms<T> terms{T(numbers[0]), T(numbers[1]), T(numbers[2]), T(numbers[3]), T(numbers[4])};
    for (int64_t lane = 0; lane < n_lanes; lane += N * WIDTH) {
        Group<T, BRACKET> groups[N];
        int64_t seeded = 0;
        for (int g = 0; g < N; g++) {
            const int64_t at = lane + g * WIDTH;
            groups[g].start(fast + at, slow + at, atr_len + at, mult + at, terms);
            for (int i = 0; i < WIDTH; i++)
                for (const double* n : {fast, slow, atr_len}) seeded = std::max(seeded, int64_t(n[at + i]));
        }
        const auto run = [&]<bool SEEDING>(int64_t begin, int64_t end) {
            for (int64_t t = begin; t < end; t++) {
                const T before = T(close[t > 0 ? t - 1 : 0]);
                const T range = t > 0 ? std::max(T(high[t]), before) - std::min(T(low[t]), before) : T(high[0] - low[0]);
                for (int g = 0; g < N; g++) {
                    const int64_t at = lane + g * WIDTH;
                    groups[g].template bar<SEEDING>(t, T(open[t]), T(high[t]), T(low[t]), T(close[t]), range, fast + at, slow + at,
                                                    atr_len + at, terms);
                }
            }
        };
        run.template operator()<true>(0, std::min(seeded + 1, n_bars));
        run.template operator()<false>(std::min(seeded + 1, n_bars), n_bars);
        for (int g = 0; g < N; g++)
            for (int i = 0; i < WIDTH; i++) {
                const int64_t at = lane + g * WIDTH + i;
                out[at] = groups[g].trades[i], out[n_lanes + at] = groups[g].net[i];
                out[2 * n_lanes + at] = T(1) - std::min(T(groups[g].worst[i]), T(groups[g].floor[i]) / T(groups[g].peak[i]));
            }
    }
}

} // namespace

#define KERNEL(NAME, T, BRACKET, N)                                                                                                  \
    extern "C" void NAME(int64_t n_bars, int64_t n_lanes, const double* open, const double* high, const double* low, const double* close, \
                         const double* fast, const double* slow, const double* atr_len, const double* mult, const double* numbers,        \
                         double* out) {                                                                                                   \
        sweep<T, BRACKET, N>(n_bars, n_lanes, open, high, low, close, fast, slow, atr_len, mult, numbers, out);                      \
    }

// More vectors at a time hide more latency, until their state leaves the registers.
KERNEL(market_float64, double, false, 4)
KERNEL(market_float32, float, false, 4)
KERNEL(bracket_float64, double, true, 2)
KERNEL(bracket_float32, float, true, 2)
// Lanes are padded to a multiple of the most that a kernel works on at a time.
extern "C" int64_t lanes_at_a_time() { return 4 * V<float>::size(); }
