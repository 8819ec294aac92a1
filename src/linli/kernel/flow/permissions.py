from linli.kernel.access.roles import ability

SET_PARAMETERS = ability(
    "flow.set_parameters", "设定流程参数", "设定本区域流程中各地可定的部分，如退回次数、核查人"
)
