#include "ballast/base/budget.h"

_Thread_local int64_t bl_budget_left = INT64_MAX;

void bl_budget_begin(struct bl_budget *budget, int64_t units)
{
    budget->outer = bl_budget_left;
    budget->given = units < bl_budget_left ? units : bl_budget_left;
    bl_budget_left = budget->given;
}

int64_t bl_budget_end(const struct bl_budget *budget)
{
    int64_t spent = budget->given - bl_budget_left;

    bl_budget_left = budget->outer - spent;
    return spent;
}
